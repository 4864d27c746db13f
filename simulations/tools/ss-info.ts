/**
 * `ss -tanoi` on one end: the socket's line and below it what the kernel knows of the connection, in the order and
 * the words of iproute2's `tcp_stats_print`.
 *
 * Left out, because the simulation does not know them: memory (`-m`), the name of the congestion control, rates and
 * pacing, `busy`, `app_limited`, `rcv_space`, `minrtt`. `retrans` is there once something was resent.
 */
import type { ActorState, Trace, TraceEvent } from '../engine/trace.ts';
import type { Segment } from '../network/packet.ts';
import { oneAtATime, type Tool, type ToolLine } from './line.ts';
import { shownAt, socketLine } from './ss.ts';

/** What has gone over the wire for one connection, seen from one end. */
interface Counts {
  bytes_sent: number;
  bytes_acked: number;
  bytes_received: number;
  segs_out: number;
  segs_in: number;
  data_segs_out: number;
  data_segs_in: number;
  /** When data was sent, data was received, and an ACK was received, last; µs. */
  lastsnd_us: number;
  lastrcv_us: number;
  lastack_us: number;
}

const nothing = (at_us: number): Counts => ({
  bytes_sent: 0,
  bytes_acked: 0,
  bytes_received: 0,
  segs_out: 0,
  segs_in: 0,
  data_segs_out: 0,
  data_segs_in: 0,
  lastsnd_us: at_us,
  lastrcv_us: at_us,
  lastack_us: at_us,
});

const key = ({ address, port }: Segment['from']): string => `${address}:${port}`;

/** Counts segments of every connection of one end as they pass. */
class Counter {
  readonly #counts = new Map<string, Counts>();
  readonly #unacked = new Map<string, { first: number; highest: number }>();
  readonly #carried = new Map<number, Segment>();
  readonly #end: string;

  constructor(end: string) {
    this.#end = end;
  }

  /** @param connection `local remote` */
  of(connection: string, at_us: number): Counts {
    let counts = this.#counts.get(connection);
    if (!counts) {
      counts = nothing(at_us);
      this.#counts.set(connection, counts);
    }
    return counts;
  }

  see({ actor, kind, data, at_us }: TraceEvent): void {
    if (kind === 'packet-sent') this.#carried.set(Number(data.number), data.carries as unknown as Segment);
    if (actor !== this.#end) return;
    const segment = this.#carried.get(Number(data.number));
    if (segment?.protocol !== 'tcp') return;
    if (kind === 'packet-sent') this.#left(segment, at_us);
    else if (kind === 'packet-received') this.#came(segment, at_us);
  }

  #left({ from, to, flags, seq, payload_bytes }: Segment, at_us: number): void {
    const connection = `${key(from)} ${key(to)}`;
    const counts = this.of(connection, at_us);
    const isSyn = flags.includes('SYN');
    if (isSyn) {
      // A SYN takes a number, and ss counts it; a SYN-ACK is not yet the socket's own.
      const first = flags.includes('ACK') ? seq + 1 : seq;
      this.#unacked.set(connection, { first, highest: 0 });
      if (flags.includes('ACK')) return;
    }
    counts.segs_out++;
    if (!payload_bytes) return;
    counts.data_segs_out++;
    counts.bytes_sent += payload_bytes;
    counts.lastsnd_us = at_us;
  }

  #came({ from, to, flags, ack, payload_bytes }: Segment, at_us: number): void {
    const connection = `${key(to)} ${key(from)}`;
    const counts = this.of(connection, at_us);
    counts.segs_in++;
    if (payload_bytes) {
      counts.data_segs_in++;
      counts.bytes_received += payload_bytes;
      counts.lastrcv_us = at_us;
    }
    const sent = this.#unacked.get(connection);
    if (!flags.includes('ACK') || !sent) return;
    counts.lastack_us = at_us;
    counts.bytes_acked = Math.max(counts.bytes_acked, (ack - sent.first) >>> 0);
  }
}

/** A field as ss prints it: not at all when it is zero. */
const unlessZero = (name: string, value: number): string => (value ? ` ${name}:${value}` : '');

/** The indented line. @param mtu_bytes of the device */
function infoLine(state: ActorState, counts: Counts, at_us: number, mtu_bytes: number): string {
  const number = (field: string): number => Number(state[field] ?? 0);
  const ago_ms = (us: number): number => Math.floor((at_us - us) / 1000);
  const srtt_ms = number('srtt_us') / 1000;
  return [
    '\t ts sack wscale:7,7',
    ` rto:${number('icsk_rto_ms')}`,
    srtt_ms ? ` rtt:${srtt_ms}/${number('rttvar_us') / 1000}` : '',
    unlessZero('ato', number('ato_ms')),
    ` mss:${number('mss')} pmtu:${mtu_bytes} rcvmss:${number('rcv_mss')} advmss:${mtu_bytes - 52} cwnd:${number('snd_cwnd')}`,
    unlessZero('bytes_sent', counts.bytes_sent),
    unlessZero('bytes_acked', counts.bytes_acked),
    unlessZero('bytes_received', counts.bytes_received),
    unlessZero('segs_out', counts.segs_out),
    unlessZero('segs_in', counts.segs_in),
    unlessZero('data_segs_out', counts.data_segs_out),
    unlessZero('data_segs_in', counts.data_segs_in),
    unlessZero('lastsnd', ago_ms(counts.lastsnd_us)),
    unlessZero('lastrcv', ago_ms(counts.lastrcv_us)),
    unlessZero('lastack', ago_ms(counts.lastack_us)),
    unlessZero('unacked', number('packets_out')),
    unlessZero('notsent', number('unsent_bytes')),
  ].join('');
}

/** `FIN-WAIT-1`. */
const STATE_WIDTH = 10;

/** States of which ss has something to say. */
const INFORMED = new Set(['ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK']);

function linesOf(trace: Trace, end: string): readonly ToolLine[] {
  const counter = new Counter(end);
  const mtu_bytes = Number(trace.parameters.mss_bytes ?? 1460) + 40;
  const shown: ToolLine[] = [];
  let before = '';
  for (const event of trace.events) {
    const { index, at_us } = event;
    counter.see(event);
    const state = trace.stateAt(index)[end];
    if (!state) continue;
    const counts = counter.of(`${state.local} ${state.remote}`, at_us);
    // What only the passing of time changes is no reason for another line.
    const { timer_set_us, delack_set_us, delack_due_us, ...lasting } = state;
    const now = JSON.stringify(lasting);
    if (now === before) continue;
    before = now;
    const socket = socketLine(state, at_us, '', STATE_WIDTH);
    const info = INFORMED.has(String(state.sk_state)) ? infoLine(state, counts, at_us, mtu_bytes) : '';
    shown.push({ event: index, text: shownAt(at_us, info ? `${socket}\n${info}` : socket, STATE_WIDTH) });
  }
  return oneAtATime(shown);
}

/** @param end `client` or `server` */
export const ssInfoOf = (end: string): Tool => ({
  name: `ss-${end}`,
  title: `ss ${end}`,
  kind: 'ss',
  command: 'ss -tanoi',
  lines: (trace) => linesOf(trace, end),
});
