/** What the snapshot says of a connection that is no full socket: no queue, no owner, a timer perhaps. */
import type { Cookie, SocketOptions, TcpState, TcpStateName, TimerState } from '../../machine/state.ts';
import type { Endpoint } from '../../network/packet.ts';

/** Both FINs are on their way, or have been. */
const BOTH = { rcv: true, send: true };

/** No option was set. */
export const DEFAULT_OPTIONS: SocketOptions = {
  nodelay: false,
  cork: false,
  reuseaddr: false,
  linger_s: null,
  user_timeout_ms: 0,
  sndtimeo_ms: null,
  rcvtimeo_ms: null,
  syncnt: 0,
};

/** @param timer its own, or null where it has none */
export const recordState = (
  { cookie, local, remote }: { readonly cookie: Cookie; readonly local: Endpoint; readonly remote: Endpoint },
  state: TcpStateName,
  timer: TimerState | null,
): TcpState => ({
  kind: 'tcp',
  weight: 'timewait',
  cookie,
  inode: 0,
  uid: 0,
  state,
  local,
  remote,
  recv_q_bytes: 0,
  send_q_bytes: 0,
  sk_shutdown: BOTH,
  timer,
  error: null,
  options: DEFAULT_OPTIONS,
  regions: null,
  info: null,
  syn: null,
  memory: null,
});
