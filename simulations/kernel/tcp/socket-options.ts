/**
 * setsockopt() and getsockopt() of a TCP socket (`sk_setsockopt`, `do_tcp_setsockopt`, and the functions that read).
 *
 * Times are in ms and 0 for none; SO_LINGER is in seconds, −1 for off. Left out: options that change nothing here.
 */
import type { Json } from '../../engine/json.ts';
import type { Sysctls } from '../../machine/sysctl.ts';
import { failure, type Reasoned, success } from '../answer.ts';
import { TCP_NAGLE_CORK, TCP_NAGLE_OFF } from './nagle.ts';
import { JIFFY_us, TCP_DELACK_MAX, TCP_RTO_MIN, TCP_TIMEOUT_MIN, usecs_to_jiffies } from './rto-min.ts';
import type { TcpSock } from './sock.ts';

/** `SOCK_STREAM`, `AF_INET`, `AF_INET6`, `IPPROTO_TCP`. */
const SOCK_STREAM = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_TCP = 6;
/** `TCP_SKB_MIN_TRUESIZE`: what the smallest segment takes of a buffer, in bytes. */
const TCP_SKB_MIN_TRUESIZE = 2304;
const SOCK_MIN_SNDBUF = 2 * TCP_SKB_MIN_TRUESIZE;
const SOCK_MIN_RCVBUF = TCP_SKB_MIN_TRUESIZE;
const MAX_TCP_SYNCNT = 127;

interface Option {
  /** Whether the kernel has it; it does, when left out. */
  isKnown?(sk: TcpSock): boolean;
  get(sk: TcpSock, sysctl: Sysctls): Json;
  /** @returns false for a value that is not allowed: EINVAL. Without it the option is only read */
  set?(sk: TcpSock, value: number, sysctl: Sysctls): boolean;
}

const OPTIONS: Readonly<Record<string, Option>> = {
  SO_TYPE: { get: () => SOCK_STREAM },
  SO_DOMAIN: { get: ({ family }) => (family === 'inet6' ? AF_INET6 : AF_INET) },
  SO_PROTOCOL: { get: () => IPPROTO_TCP },
  SO_ACCEPTCONN: { get: ({ sk_state }) => Number(sk_state === 'LISTEN') },
  SO_REUSEADDR: {
    get: ({ reuses }) => Number(reuses),
    set: (sk, value) => {
      sk.reuses = value !== 0;
      return true;
    },
  },
  SO_LINGER: {
    get: ({ linger_s }) => linger_s ?? -1,
    set: (sk, value) => {
      sk.linger_s = value < 0 ? null : value;
      return true;
    },
  },
  SO_SNDTIMEO: {
    get: ({ sndtimeo_ms }) => sndtimeo_ms ?? 0,
    set: (sk, value) => {
      sk.sndtimeo_ms = value === 0 ? null : value;
      return value >= 0;
    },
  },
  SO_RCVTIMEO: {
    get: ({ rcvtimeo_ms }) => rcvtimeo_ms ?? 0,
    set: (sk, value) => {
      sk.rcvtimeo_ms = value === 0 ? null : value;
      return value >= 0;
    },
  },
  // Doubled, since a segment takes more than its data: `__sock_set_rcvbuf`.
  SO_SNDBUF: {
    get: ({ sender }) => sender.sk_sndbuf_bytes,
    set: ({ sender }, value, { wmem_max }) => {
      sender.setBuffer(Math.max(2 * Math.min(value, wmem_max), SOCK_MIN_SNDBUF));
      return true;
    },
  },
  SO_RCVBUF: {
    get: ({ receiver }) => receiver.buffer.sk_rcvbuf_bytes,
    set: ({ receiver }, value, { rmem_max }) => {
      receiver.buffer.setSize(Math.max(2 * Math.min(value, rmem_max), SOCK_MIN_RCVBUF));
      return true;
    },
  },
  TCP_NODELAY: {
    get: ({ sender }) => Number((sender.nonagle & TCP_NAGLE_OFF) !== 0),
    set: ({ sender }, value) => {
      sender.setNodelay(value !== 0);
      return true;
    },
  },
  TCP_CORK: {
    get: ({ sender }) => Number((sender.nonagle & TCP_NAGLE_CORK) !== 0),
    set: ({ sender }, value) => {
      sender.setCork(value !== 0);
      return true;
    },
  },
  TCP_QUICKACK: {
    get: ({ receiver }) => Number(!receiver.ack.inPingpongMode),
    set: (sk, value) => {
      sk.setQuickack(value !== 0);
      return true;
    },
  },
  TCP_USER_TIMEOUT: {
    get: ({ icsk_user_timeout_ms }) => icsk_user_timeout_ms,
    set: (sk, value) => {
      if (value >= 0) sk.icsk_user_timeout_ms = value;
      return value >= 0;
    },
  },
  // Both in µs, and rounded up to whole jiffies.
  TCP_RTO_MIN_US: {
    isKnown: ({ kernel }) => kernel.hasDelackOptions,
    get: ({ icsk_rto_min }) => icsk_rto_min * JIFFY_us,
    set: (sk, value) => {
      const jiffies = usecs_to_jiffies(value);
      const isAllowed = jiffies >= TCP_TIMEOUT_MIN && jiffies <= TCP_RTO_MIN;
      if (isAllowed) sk.icsk_rto_min = jiffies;
      return isAllowed;
    },
  },
  TCP_DELACK_MAX_US: {
    isKnown: ({ kernel }) => kernel.hasDelackOptions,
    get: ({ icsk_delack_max }) => icsk_delack_max * JIFFY_us,
    set: (sk, value) => {
      const jiffies = usecs_to_jiffies(value);
      const isAllowed = jiffies >= TCP_TIMEOUT_MIN && jiffies <= TCP_DELACK_MAX;
      if (isAllowed) sk.icsk_delack_max = jiffies;
      return isAllowed;
    },
  },
  TCP_SYNCNT: {
    get: ({ icsk_syn_retries }, { tcp_syn_retries }) => icsk_syn_retries || tcp_syn_retries,
    set: (sk, value) => {
      const isAllowed = value >= 1 && value <= MAX_TCP_SYNCNT;
      if (isAllowed) sk.icsk_syn_retries = value;
      return isAllowed;
    },
  },
  TCP_INFO: { get: ({ diag }) => ({ ...diag.tcpInfo() }) },
};

function optionOf(sk: TcpSock, name: string): Option | undefined {
  const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
  return option?.isKnown?.(sk) === false ? undefined : option;
}

/** setsockopt(). ENOPROTOOPT for an option that there is not, EINVAL for a value that it cannot have */
export function setOption(sk: TcpSock, name: string, value: number, sysctl: Sysctls): Reasoned {
  const set = optionOf(sk, name)?.set;
  if (!set) return failure('ENOPROTOOPT');
  if (!set(sk, value, sysctl)) return failure('EINVAL');
  sk.optionsChanged();
  return success();
}

/** getsockopt(). `out.value`: a number, or for TCP_INFO the fields of `struct tcp_info` by name */
export function getOption(sk: TcpSock, name: string, sysctl: Sysctls): Reasoned {
  const option = optionOf(sk, name);
  return option ? { ...success(), out: { value: option.get(sk, sysctl) } } : failure('ENOPROTOOPT');
}
