/** The steps and sections that an error leads to. A test holds each to the page that it names. */

export interface Place {
  /** Address of the page, below the site's base. */
  readonly page: string;
  /** Fragment of the step or section. */
  readonly anchor: string;
  /** Number of the step in the chapter's first five minutes; none for a section and for first aid. */
  readonly step?: number;
  /** The title of step or section, as the page has it. */
  readonly title: string;
}

const CONNECT = 'incidents/connect-timeout/';
const NAGLE = 'incidents/nagle-delayed-ack/';
const PIPE = 'incidents/close-wait-pipe/';
const BUFFER = 'reference/pipe-buffer/';
const STATES = 'reference/tcp-states/';

/** Until the steps have fragments of their own, each is reached by the heading above it. */
const STEPS = 'first-five-minutes';

export const places: Readonly<Record<string, Place>> = {
  'connect-timeout/waiting': {
    page: CONNECT,
    anchor: STEPS,
    step: 1,
    title: 'Is it waiting for a connection?',
  },
  'connect-timeout/asleep': {
    page: CONNECT,
    anchor: STEPS,
    step: 2,
    title: 'Is the worker asleep in connect()?',
  },
  'connect-timeout/capture': { page: CONNECT, anchor: STEPS, step: 3, title: 'What does the peer say?' },
  'connect-timeout/how-long': { page: CONNECT, anchor: STEPS, step: 4, title: 'How long will it wait?' },
  'connect-timeout/fix': { page: CONNECT, anchor: 'fix', title: 'Fix' },
  'nagle-delayed-ack/wire': { page: NAGLE, anchor: STEPS, step: 1, title: 'Is it a wait on the wire?' },
  'nagle-delayed-ack/how-often': { page: NAGLE, anchor: STEPS, step: 2, title: 'How often?' },
  'nagle-delayed-ack/socket': { page: NAGLE, anchor: STEPS, step: 3, title: 'Which socket?' },
  'close-wait-pipe/whose': { page: PIPE, anchor: STEPS, step: 1, title: 'Whose are they?' },
  'close-wait-pipe/recv-q': { page: PIPE, anchor: STEPS, step: 2, title: 'Has anybody read the requests?' },
  'close-wait-pipe/threads': { page: PIPE, anchor: STEPS, step: 3, title: 'What do the threads wait for?' },
  'close-wait-pipe/other-end': {
    page: PIPE,
    anchor: STEPS,
    step: 4,
    title: 'Which descriptor, and who is at its other end?',
  },
  'close-wait-pipe/line': { page: PIPE, anchor: STEPS, step: 5, title: 'Which line of code?' },
  'pipe-buffer/poll-and-o_nonblock': {
    page: BUFFER,
    anchor: 'poll-and-o_nonblock',
    title: 'poll() and O_NONBLOCK',
  },
  'tcp-states/sick': { page: STATES, anchor: 'on-a-sick-machine', title: 'On a sick machine' },
  'tcp-states/linux': {
    page: STATES,
    anchor: 'where-linux-goes-its-own-way',
    title: 'Where Linux goes its own way',
  },
  'tcp-states/close-wait': { page: STATES, anchor: 'close-wait', title: 'CLOSE-WAIT' },
  'tcp-states/fin-wait-1': { page: STATES, anchor: 'fin-wait-1', title: 'FIN-WAIT-1' },
  'tcp-states/fin-wait-2': { page: STATES, anchor: 'fin-wait-2', title: 'FIN-WAIT-2' },
  'tcp-states/last-ack': { page: STATES, anchor: 'last-ack', title: 'LAST-ACK' },
  'tcp-states/time-wait': { page: STATES, anchor: 'time-wait', title: 'TIME-WAIT' },
  'tcp-states/syn-recv': { page: STATES, anchor: 'syn-recv', title: 'SYN-RECV' },
  'tcp-states/listen': { page: STATES, anchor: 'listen', title: 'LISTEN' },
  'tcp-states/estab': { page: STATES, anchor: 'estab', title: 'ESTAB' },
  'tcp-states/closing': { page: STATES, anchor: 'closing', title: 'CLOSING' },
};
