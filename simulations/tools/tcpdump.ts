/** `tcpdump -n` on the client's interface. */
import {
  type Endpoint,
  type Flag,
  familyOf,
  type IcmpUnreachable,
  type Packet,
  type Segment,
  solicitedNode,
} from '../network/packet.ts';
import { optionsOf, type TcpOption } from '../network/tcp-options.ts';
import { capture } from './capture.ts';
import { timeOfDay } from './line.ts';
import type { Tool } from './tool.ts';

const LETTERS: readonly (readonly [Flag, string])[] = [
  ['FIN', 'F'],
  ['SYN', 'S'],
  ['RST', 'R'],
  ['PSH', 'P'],
  ['ACK', '.'],
];

/** Flags as tcpdump writes them: `S.`, `P.`, `.`. */
export const flagLetters = (flags: readonly Flag[]): string =>
  LETTERS.filter(([flag]) => flags.includes(flag))
    .map(([, letter]) => letter)
    .join('');

const ipOf = (address: string): string => (familyOf(address) === 'inet6' ? 'IP6' : 'IP');

const at = ({ address, port }: Endpoint): string => `${address}.${port}`;

/** The numbers that a conversation's later ones are shown relative to, by the direction that began it. */
type Conversations = Map<string, { seq: number; ack: number }>;

/**
 * Sequence numbers as tcpdump shows them (`print-tcp.c`): the first segment with an ACK, or one with SYN and
 * ACK, is shown as it is and remembered; later ones with an ACK are relative to it.
 */
function relative(
  { from, to, flags, seq, ack }: Segment,
  known: Conversations,
): { seq: number; ack: number } {
  if (!flags.includes('ACK')) return { seq, ack };
  const own = known.get(`${at(from)} ${at(to)}`);
  const reverse = known.get(`${at(to)} ${at(from)}`);
  if ((!own && !reverse) || flags.includes('SYN')) {
    if (reverse) known.set(`${at(to)} ${at(from)}`, { seq: ack - 1, ack: seq });
    else known.set(`${at(from)} ${at(to)}`, { seq, ack: ack - 1 });
    return { seq, ack };
  }
  const base = own ?? { seq: reverse?.ack ?? 0, ack: reverse?.seq ?? 0 };
  return { seq: (seq - base.seq) >>> 0, ack: (ack - base.ack) >>> 0 };
}

/** Ports whose data tcpdump takes for HTTP (`print-tcp.c`). */
const HTTP = new Set([80, 3128, 8080]);

function optionText(option: TcpOption): string {
  if (option.kind === 'TS') return `TS val ${option.val} ecr ${option.ecr}`;
  return 'value' in option ? `${option.kind} ${option.value}` : option.kind;
}

function tcpLine(segment: Segment, known: Conversations): string {
  const { from, to, flags, payload_bytes } = segment;
  const isSyn = flags.includes('SYN');
  const { seq, ack } = relative(segment, known);
  const parts = [`Flags [${flagLetters(flags)}]`];
  if (payload_bytes) parts.push(`seq ${seq}:${(seq + payload_bytes) >>> 0}`);
  else if (isSyn || flags.includes('RST') || flags.includes('FIN')) parts.push(`seq ${seq}`);
  if (flags.includes('ACK')) parts.push(`ack ${ack}`);
  parts.push(`win ${segment.window_bytes}`);
  const options = optionsOf(segment);
  if (options.length > 0) parts.push(`options [${options.map(optionText).join(',')}]`);
  const protocol = payload_bytes && (HTTP.has(from.port) || HTTP.has(to.port)) ? ': HTTP' : '';
  return `${ipOf(to.address)} ${at(from)} > ${at(to)}: ${parts.join(', ')}, length ${payload_bytes}${protocol}`;
}

function line(packet: Packet, known: Conversations): string {
  if (packet.protocol === 'tcp') return tcpLine(packet, known);
  if (packet.protocol === 'udp')
    return `IP ${at(packet.from)} > ${at(packet.to)}: UDP, length ${packet.payload_bytes}`;
  if (packet.protocol === 'arp')
    return familyOf(packet.to) === 'inet6'
      ? `IP6 ${packet.from} > ${solicitedNode(packet.to)}: ICMP6, neighbor solicitation, who has ${packet.to}, length 32`
      : `ARP, Request who-has ${packet.to} tell ${packet.from}, length 28`;
  return familyOf(packet.to) === 'inet6' ? icmp6Line(packet) : icmpLine(packet);
}

/** `print-icmp6.c`; its two spaces before "prohibited" are there. */
function icmp6Line({ from, to, code, about }: IcmpUnreachable): string {
  const { address, port } = about.to;
  const what = {
    net: `unreachable route ${address}`,
    host: `unreachable address ${address}`,
    port: `unreachable port, ${address} ${about.protocol} port ${port}`,
    'admin-prohibited': ` unreachable prohibited ${address}`,
  }[code];
  return `IP6 ${from} > ${to}: ICMP6, destination unreachable, ${what}, length 88`;
}

function icmpLine(packet: IcmpUnreachable): string {
  const { address, port } = packet.about.to;
  const what = {
    net: `net ${address} unreachable`,
    host: `host ${address} unreachable`,
    port: `${address} ${packet.about.protocol} port ${port} unreachable`,
    'admin-prohibited': `host ${address} unreachable - admin prohibited filter`,
  }[packet.code];
  // The IP header and the first bytes of what it is about, and ICMP's own eight.
  const length = packet.about.protocol === 'tcp' ? 68 : 36 + packet.about.payload_bytes;
  return `IP ${packet.from} > ${packet.to}: ICMP ${what}, length ${length}`;
}

export const tcpdump: Tool = {
  name: 'tcpdump',
  kind: 'tcpdump',
  command: 'tcpdump -n -i eth0',
  lines(trace) {
    const known: Conversations = new Map();
    return capture(trace).map(({ event, at_us, packet }) => ({
      event,
      text: `${timeOfDay(at_us)} ${line(packet, known)}`,
    }));
  },
};
