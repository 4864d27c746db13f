/** The states of a socket by the names of ss, and the words that choose some of them (`ss state …`). */
import type { SocketState } from '../../machine/state.ts';

/** By the kernel's name. */
export const SHOWN_STATES = {
  ESTABLISHED: 'ESTAB',
  SYN_SENT: 'SYN-SENT',
  SYN_RECV: 'SYN-RECV',
  FIN_WAIT1: 'FIN-WAIT-1',
  FIN_WAIT2: 'FIN-WAIT-2',
  TIME_WAIT: 'TIME-WAIT',
  CLOSE: 'UNCONN',
  UNCONN: 'UNCONN',
  CLOSE_WAIT: 'CLOSE-WAIT',
  LAST_ACK: 'LAST-ACK',
  LISTEN: 'LISTEN',
  CLOSING: 'CLOSING',
} as const satisfies Record<SocketState['state'], string>;

export type ShownState = (typeof SHOWN_STATES)[SocketState['state']];

const ALL: readonly ShownState[] = [...new Set(Object.values(SHOWN_STATES))];
const without = (...states: readonly ShownState[]): readonly ShownState[] =>
  ALL.filter((state) => !states.includes(state));

/** Those of `ss state …`. */
export const STATE_WORDS: Readonly<Record<string, readonly ShownState[]>> = {
  established: ['ESTAB'],
  'syn-sent': ['SYN-SENT'],
  'syn-recv': ['SYN-RECV'],
  'fin-wait-1': ['FIN-WAIT-1'],
  'fin-wait-2': ['FIN-WAIT-2'],
  'time-wait': ['TIME-WAIT'],
  closed: ['UNCONN'],
  'close-wait': ['CLOSE-WAIT'],
  'last-ack': ['LAST-ACK'],
  listening: ['LISTEN'],
  closing: ['CLOSING'],
  all: ALL,
  connected: without('UNCONN', 'LISTEN'),
  synchronized: without('UNCONN', 'LISTEN', 'SYN-SENT'),
  bucket: ['SYN-RECV', 'TIME-WAIT'],
  big: without('SYN-RECV', 'TIME-WAIT'),
};

/** What ss shows without -a, -l and a word. */
export const DEFAULT_STATES: Readonly<Record<'tcp' | 'udp', readonly ShownState[]>> = {
  tcp: without('LISTEN', 'UNCONN', 'TIME-WAIT', 'SYN-RECV'),
  udp: ['ESTAB'],
};

export const LISTENING_STATES: readonly ShownState[] = ['LISTEN', 'UNCONN'];

export const ALL_STATES = ALL;
