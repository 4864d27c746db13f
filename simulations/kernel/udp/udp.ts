/** UDP over a machine's stack: who has which port, and whom a datagram is for (`net/ipv4/udp.c`). */
import type { Random } from '../../engine/random.ts';
import type { Sysctls } from '../../machine/sysctl.ts';
import {
  type Datagram,
  type Endpoint,
  type Packet,
  packetName,
  type UnreachableCode,
} from '../../network/packet.ts';
import type { Recorder } from '../../trace/recorder.ts';
import type { Counted } from '../counters.ts';
import type { Errno } from '../errno.ts';
import type { UdpHost, UdpSock } from './sock.ts';

/** What UDP needs of the stack below it. */
export interface UdpBelow extends UdpHost {
  readonly name: string;
  readonly sysctl: Pick<Sysctls, 'ip_local_port_range'>;
  readonly random: Random;
  readonly counters: Counted;
  readonly recorder: Recorder;
  /** The address of this machine that a packet to a peer comes from. */
  sourceFor(remote: Endpoint): string;
  /** Puts a packet onto the wire. @returns its number there */
  send(packet: Packet): number;
}

const ANY = '0.0.0.0';

export class Udp {
  readonly below: UdpBelow;
  readonly #ports = new Map<number, UdpSock[]>();

  constructor(below: UdpBelow) {
    this.below = below;
  }

  /** A socket takes what comes to its port, or to a free one for port 0. @returns EADDRINUSE where another has it */
  hash(sock: UdpSock, local: Endpoint): Errno | null {
    const port = local.port || this.#freePort();
    const others = this.#ports.get(port) ?? [];
    if (others.some((other) => !(other.reuses && sock.reuses))) return 'EADDRINUSE';
    sock.local = { address: local.address, port };
    this.#ports.set(port, [...others, sock]);
    return null;
  }

  unhash(sock: UdpSock): void {
    const rest = (this.#ports.get(sock.local.port) ?? []).filter((other) => other !== sock);
    if (rest.length > 0) this.#ports.set(sock.local.port, rest);
    else this.#ports.delete(sock.local.port);
  }

  /** A datagram leaves. */
  transmit(datagram: Datagram): void {
    const { counters } = this.below;
    counters.add('UdpOutDatagrams');
    const { payload_bytes, to } = datagram;
    this.#send(datagram, `A datagram of ${payload_bytes} bytes goes out to ${to.address}:${to.port}.`, true);
  }

  receive(datagram: Datagram, number: number): void {
    const { counters, recorder, name } = this.below;
    const packet = packetName(datagram);
    const sock = this.#find(datagram.to, datagram.from);
    counters.add(sock ? 'UdpInDatagrams' : 'UdpNoPorts');
    recorder.record({
      actor: name,
      kind: 'packet-received',
      data: { number, packet },
      says: sock
        ? `The ${packet} arrives, ${datagram.payload_bytes} bytes.`
        : `The ${packet} arrives, and no socket has port ${datagram.to.port}.`,
    });
    if (sock) sock.receive(datagram);
    else this.#sendUnreachable(datagram);
  }

  /** An ICMP error: it goes to the socket that sent what it is about. */
  receiveError(code: UnreachableCode, about: Datagram): void {
    this.#find(about.from, about.to)?.receiveError(code);
  }

  /** `udp_lib_get_port` begins at a random port of the range. */
  #freePort(): number {
    const [low, high] = this.below.sysctl.ip_local_port_range;
    const first = this.below.random.integer(low, high);
    for (let i = 0; i <= high - low; i++) {
      const port = low + ((first - low + i) % (high - low + 1));
      if (!this.#ports.has(port)) return port;
    }
    return 0;
  }

  /** The socket connected to the sender before one that takes from all: `__udp4_lib_lookup`. */
  #find(local: Endpoint, remote: Endpoint): UdpSock | undefined {
    const at = (this.#ports.get(local.port) ?? []).filter(
      (sock) => sock.local.address === ANY || sock.local.address === local.address,
    );
    return (
      at.find((sock) => sock.remote?.address === remote.address && sock.remote.port === remote.port) ??
      at.find((sock) => !sock.remote)
    );
  }

  /** `__udp4_lib_rcv`: nobody has the port, and the sender is told. */
  #sendUnreachable(about: Datagram): void {
    const { from, to } = about;
    const error: Packet = { protocol: 'icmp', from: to.address, to: from.address, code: 'port', about };
    this.#send(error, 'The kernel answers with *ICMP port unreachable*.');
  }

  #send(packet: Packet, says: string, beat = false): void {
    const { recorder, name } = this.below;
    const number = this.below.send(packet);
    recorder.record({
      actor: name,
      kind: 'packet-sent',
      data: { number, packet: packetName(packet), carries: packet },
      says,
      beat,
    });
  }
}
