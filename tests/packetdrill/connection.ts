/** The one connection of a script: its ports, and what a script's small numbers are on the wire. */
import { type LiveIcmp, type LiveSegment, LOCAL, REMOTE } from './bench.ts';
import { ICMP_CODES, type ScriptIcmp, type ScriptSegment, type TcpOption } from './packet.ts';

/** Where the host listens, and where it connects to, when the script says `...`. */
const PORT = 8080;
/** Where the peer connects from. */
const REMOTE_EPHEMERAL_PORT = 40_000;
/** The peer's initial sequence number. Near the end of the 32 bits, so that its numbers wrap. */
const REMOTE_ISN = 2 ** 32 - 50;

export class Connection {
  #local_port = PORT;
  #remote_port = REMOTE_EPHEMERAL_PORT;
  #local_isn = 0;
  /** What the host's timestamp clock had when the script's was 0, or null before its first timestamp. */
  #clock: number | null = null;

  /** What bind() and connect() are given where the script says `...`. */
  chooseAddress(
    call: string,
    address: string | null,
    port: number | null,
  ): { address: string; port: number } {
    const chosen = { address: address ?? (call === 'bind' ? LOCAL : REMOTE), port: port ?? PORT };
    if (call === 'connect') this.#remote_port = chosen.port;
    else this.#local_port = chosen.port;
    return chosen;
  }

  /** A packet of the peer's as it travels. */
  toLive(packet: ScriptSegment | ScriptIcmp): LiveSegment | LiveIcmp {
    if (packet.kind === 'icmp')
      return {
        kind: 'icmp',
        code: ICMP_CODES[packet.code],
        mtu: packet.mtu,
        about: {
          from_port: this.#local_port,
          to_port: this.#remote_port,
          seq: wrap(this.#local_isn + packet.about_seq),
        },
      };
    const isOpening = packet.flags.includes('S') && !packet.flags.includes('.');
    const options = (packet.options ?? []).map((option): TcpOption => {
      if (option.kind === 'sack')
        return {
          kind: 'sack',
          blocks: option.blocks.map(({ start, end }) => ({
            start: wrap(start + this.#local_isn),
            end: wrap(end + this.#local_isn),
          })),
        };
      return option.kind === 'TS' && !isOpening
        ? { ...option, ecr: wrap(option.ecr + (this.#clock ?? 0)) }
        : option;
    });
    return {
      kind: 'tcp',
      from_port: this.#remote_port,
      to_port: this.#local_port,
      flags: packet.flags,
      seq: wrap(REMOTE_ISN + packet.seq),
      ack: packet.ack === null ? 0 : wrap(this.#local_isn + packet.ack),
      window: packet.window ?? 0,
      payload_bytes: packet.payload_bytes,
      options,
    };
  }

  /**
   * A segment of the host's with the numbers of the script.
   * @param expected what the script has there: from a SYN, and from a first timestamp, the scale is learned
   */
  toScript(live: LiveSegment, expected: ScriptSegment | null): ScriptSegment {
    if (live.flags.includes('S')) {
      this.#local_isn = wrap(live.seq - (expected?.seq ?? 0));
      this.#local_port = live.from_port;
    }
    const hasAck = live.flags.includes('.');
    // A reset that answers a segment without an ACK has the number 0, whatever the connection's are.
    const isBare = live.flags.includes('R') && live.seq === 0;
    return {
      kind: 'tcp',
      flags: live.flags,
      seq: isBare ? 0 : signed(live.seq - this.#local_isn),
      payload_bytes: live.payload_bytes,
      ack: hasAck ? signed(live.ack - REMOTE_ISN) : null,
      window: live.window,
      options: live.options.map((option) => this.#toScriptOption(option, expected)),
    };
  }

  #toScriptOption(option: TcpOption, expected: ScriptSegment | null): TcpOption {
    if (option.kind === 'sack')
      return {
        kind: 'sack',
        blocks: option.blocks.map(({ start, end }) => ({
          start: signed(start - REMOTE_ISN),
          end: signed(end - REMOTE_ISN),
        })),
      };
    if (option.kind !== 'TS') return option;
    const written = expected?.options?.find((each) => each.kind === 'TS');
    this.#clock ??= wrap(option.val - (written?.val ?? 0));
    return { ...option, val: signed(option.val - this.#clock) };
  }
}

const wrap = (number: number): number => number >>> 0;
/** The distance of two 32-bit numbers, the shorter way round. */
const signed = (difference: number): number => difference | 0;
