/** `tcpdump -n` on the client's interface. */
import type { Endpoint, Flag, Packet, Segment } from '../network/packet.ts';
import { capture } from './capture.ts';
import { type Tool, timeOfDay } from './line.ts';

const LETTERS: readonly (readonly [Flag, string])[] = [
  ['FIN', 'F'],
  ['SYN', 'S'],
  ['RST', 'R'],
  ['PSH', 'P'],
  ['ACK', '.'],
];

const at = ({ address, port }: Endpoint): string => `${address}.${port}`;

/** tcpdump shows numbers relative to the first SYN of each side. */
function tcpLine(segment: Segment, firstSeq: Map<string, number>): string {
  const { from, to, flags, timestamps } = segment;
  const isSyn = flags.includes('SYN');
  const letters = LETTERS.filter(([flag]) => flags.includes(flag)).map(([, letter]) => letter);
  if (isSyn) firstSeq.set(at(from), segment.seq);
  const parts = [`Flags [${letters.join('')}]`];
  if (isSyn || flags.includes('RST')) parts.push(`seq ${segment.seq}`);
  if (flags.includes('ACK')) {
    const relative = isSyn || flags.includes('RST') ? 0 : (firstSeq.get(at(to)) ?? 0);
    parts.push(`ack ${(segment.ack - relative) >>> 0}`);
  }
  parts.push(`win ${segment.window_bytes}`);
  if (timestamps) {
    const ts = `TS val ${timestamps.value} ecr ${timestamps.echo}`;
    parts.push(`options [${isSyn ? `mss 1460,sackOK,${ts},nop,wscale 7` : `nop,nop,${ts}`}]`);
  }
  return `IP ${at(from)} > ${at(to)}: ${parts.join(', ')}, length 0`;
}

function line(packet: Packet, firstSeq: Map<string, number>): string {
  if (packet.protocol === 'tcp') return tcpLine(packet, firstSeq);
  if (packet.protocol === 'arp') return `ARP, Request who-has ${packet.to} tell ${packet.from}, length 28`;
  const { address, port } = packet.about.to;
  const what = {
    net: `net ${address} unreachable`,
    host: `host ${address} unreachable`,
    port: `${address} tcp port ${port} unreachable`,
    'admin-prohibited': `host ${address} unreachable - admin prohibited`,
  }[packet.code];
  return `IP ${packet.from} > ${packet.to}: ICMP ${what}, length 68`;
}

export const tcpdump: Tool = {
  name: 'tcpdump',
  command: 'tcpdump -n -i eth0',
  lines(trace) {
    const firstSeq = new Map<string, number>();
    return capture(trace).map(({ event, at_us, packet }) => ({
      event,
      text: `${timeOfDay(at_us)} ${line(packet, firstSeq)}`,
    }));
  },
};
