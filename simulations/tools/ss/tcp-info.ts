/**
 * What `ss -i` prints below a TCP socket, in the order and the words of iproute2's `tcp_stats_print`: `struct tcp_info`
 * as the snapshot has it.
 */
import type { TcpInfo, TcpState } from '../../machine/state.ts';

/** A number as `printf("%g")` has it: at most six digits. */
export function general(value: number): string {
  const [digits = '', exponent] = value.toPrecision(6).split('e');
  const short = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  if (exponent === undefined) return short;
  return `${short}e${exponent.replace(/^([+-])(\d)$/, '$10$2')}`;
}

/** Initial window of a connection, `TCP_INIT_CWND`: what a listener shows. */
const TCP_INIT_CWND = 10;
/** Before the other end said its own: `TCP_MSS_DEFAULT` less 12 bytes of timestamps; and `TCP_MIN_MSS`. */
const UNCONNECTED = { snd_mss: 524, rcv_mss: 88 } as const;
/** IPv4 and TCP header. */
const HEADERS_BYTES = 40;
/** An RTO that `ss` keeps to itself. */
const UNSAID_RTO_ms = 3000;

const field = (name: string, value: number): string => (value ? ` ${name}:${value}` : '');

/** Bits in a second. A window each round trip. */
function sendRate({ snd_cwnd, snd_mss, srtt_us }: TcpInfo): string {
  if (!(srtt_us > 0 && snd_mss && snd_cwnd)) return '';
  return ` send ${((snd_cwnd * snd_mss * 8 * 1e6) / srtt_us).toFixed(0)}bps`;
}

/** @param shows_options -o or -e: only with it does ss say what both ends agreed on */
function connection(info: TcpInfo, at_us: number, mtu_bytes: number, shows_options: boolean): string {
  const ago = (name: string, us: number): string => field(name, Math.floor((at_us - us) / 1000));
  const { snd_wscale, rcv_wscale, srtt_us, rttvar_us, retrans_out, total_retrans } = info;
  return [
    shows_options && info.timestamps ? ' ts' : '',
    shows_options && info.sack ? ' sack' : '',
    snd_wscale !== null && rcv_wscale !== null ? ` wscale:${snd_wscale},${rcv_wscale}` : '',
    info.rto_ms && info.rto_ms !== UNSAID_RTO_ms ? ` rto:${general(info.rto_ms)}` : '',
    field('backoff', info.backoff),
    srtt_us ? ` rtt:${general(srtt_us / 1000)}/${general(rttvar_us / 1000)}` : '',
    info.ato_ms ? ` ato:${general(info.ato_ms)}` : '',
    field('mss', info.snd_mss),
    field('pmtu', mtu_bytes),
    field('rcvmss', info.rcv_mss),
    field('advmss', info.advmss),
    field('cwnd', info.snd_cwnd),
    info.snd_ssthresh < 0xffff ? field('ssthresh', info.snd_ssthresh) : '',
    field('bytes_sent', info.bytes_sent),
    field('bytes_retrans', info.bytes_retrans),
    field('bytes_acked', info.bytes_acked),
    field('bytes_received', info.bytes_received),
    field('segs_out', info.segs_out),
    field('segs_in', info.segs_in),
    field('data_segs_out', info.data_segs_out),
    field('data_segs_in', info.data_segs_in),
    sendRate(info),
    ago('lastsnd', info.last_data_sent_us),
    ago('lastrcv', info.last_data_recv_us),
    ago('lastack', info.last_ack_recv_us),
    field('unacked', info.unacked),
    retrans_out || total_retrans ? ` retrans:${retrans_out}/${total_retrans}` : '',
    field('rcv_ssthresh', info.rcv_ssthresh),
    field('notsent', info.notsent_bytes),
    info.min_rtt_us ? ` minrtt:${general(info.min_rtt_us / 1000)}` : '',
    field('snd_wnd', info.snd_wnd),
  ].join('');
}

/** An active open, before it is answered. */
function opening({ syn }: TcpState, mtu_bytes: number): string {
  if (!syn) return '';
  const { retransmits, rto_ms, syns_sent } = syn;
  return [
    ` rto:${general(rto_ms)}`,
    ` mss:${UNCONNECTED.snd_mss} pmtu:${mtu_bytes} rcvmss:${UNCONNECTED.rcv_mss} advmss:${mtu_bytes - HEADERS_BYTES}`,
    ` cwnd:${retransmits ? 1 : TCP_INIT_CWND}`,
    field('segs_out', syns_sent),
    ' unacked:1',
    retransmits ? ` retrans:1/${retransmits}` : '',
  ].join('');
}

/** The fields after line feed and tab. A record has none. */
export function infoFields(
  socket: TcpState,
  at_us: number,
  mtu_bytes: number,
  shows_options: boolean,
): string {
  if (socket.weight !== 'full') return '';
  if (socket.state === 'LISTEN') return ` cwnd:${TCP_INIT_CWND}${field('unacked', socket.recv_q_bytes)}`;
  if (socket.state === 'SYN_SENT') return opening(socket, mtu_bytes);
  return socket.info ? connection(socket.info, at_us, mtu_bytes, shows_options) : '';
}
