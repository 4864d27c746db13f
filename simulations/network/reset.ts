/**
 * The reset that answers a segment. Linux makes the same one for a segment that no socket takes, or that does not fit the
 * one it is for (`tcp_v4_send_reset`, `tcp_v6_send_response`), and for a firewall's rule (`nf_reject_ip_tcphdr_put`,
 * `nf_reject_ip6_tcphdr_put`): one that answers a SYN has sequence number 0 and window 0.
 */
import { type Segment, sequenceLength } from './packet.ts';

/** RFC 9293 3.5.1: the number that the segment acknowledges, or else an acknowledgement of SYN, data and FIN. */
export function resetFor(segment: Segment): Segment {
  const hasAck = segment.flags.includes('ACK');
  return {
    protocol: 'tcp',
    from: segment.to,
    to: segment.from,
    flags: hasAck ? ['RST'] : ['RST', 'ACK'],
    seq: hasAck ? segment.ack : 0,
    ack: hasAck ? 0 : (segment.seq + sequenceLength(segment)) >>> 0,
    window_bytes: 0,
    payload_bytes: 0,
    timestamps: null,
  };
}
