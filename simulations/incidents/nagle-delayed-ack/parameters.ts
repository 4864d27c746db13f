/** What a person may change about the incident, and the runs worth a look. */
import type { Values } from '../../engine/parameters.ts';
import type { Preset } from '../../simulation.ts';

export const parameters = {
  requests: { type: 'integer', min: 1, max: 200, default: 10, help: 'requests, one after another' },
  server_writes: {
    type: 'choice',
    choices: {
      two: 'write() the header, write() the body',
      one: 'one write() of both',
      writev: 'one writev() of two buffers',
      'msg-more': 'send() the header with MSG_MORE, then the body',
      cork: 'TCP_CORK on, two writes, TCP_CORK off',
      'cork-forever': 'TCP_CORK on once and never off, two writes',
    },
    default: 'two',
    help: 'how the server sends a response',
  },
  header_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 1,
    max: 262144,
    default: 120,
    help: 'header of a response',
  },
  body_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 0,
    max: 262144,
    default: 400,
    special: { 0: 'no body: no second write' },
    help: 'body of a response',
  },
  request_bytes: { type: 'integer', unit: 'bytes', min: 1, max: 262144, default: 80, help: 'a request' },
  client_writes: {
    type: 'integer',
    min: 1,
    max: 2,
    default: 1,
    help: 'write() calls for a request; with 2 the first takes half, rounded down',
  },
  mss_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 100,
    max: 8960,
    default: 1460,
    help: 'MSS that both ends announce; timestamps take 12 bytes of it',
  },
  rtt_ms: { type: 'integer', unit: 'ms', min: 0, max: 2000, default: 0, help: 'round-trip time' },
  gap_ms: {
    type: 'integer',
    unit: 'ms',
    min: 0,
    max: 10_000,
    default: 0,
    help: 'pause of the client between a response and the next request',
  },
  server_nodelay: {
    type: 'boolean',
    names: 'TCP_NODELAY',
    default: false,
    help: 'the server turns Nagle off',
  },
  client_nodelay: {
    type: 'boolean',
    names: 'TCP_NODELAY',
    default: false,
    help: 'the client turns Nagle off',
  },
  client_quickack: {
    type: 'choice',
    names: 'TCP_QUICKACK',
    choices: {
      never: 'not set',
      once: 'set once, after connect()',
      always: 'set before each read()',
    },
    default: 'never',
    help: 'when the client asks for quick ACKs',
  },
  tcp_pingpong_thresh: {
    type: 'integer',
    names: 'sysctl net.ipv4.tcp_pingpong_thresh',
    min: 1,
    max: 255,
    default: 1,
    help: 'quick replies after which a session counts as interactive, at both ends',
  },
  server_closes_after_response: {
    type: 'boolean',
    default: false,
    help: 'a new connection for each request; its latency includes connect()',
  },
} as const;

export type NagleDelayedAckParameters = Values<typeof parameters>;

const post = { rtt_ms: 1, requests: 4 };

export const presets: readonly Preset[] = [
  {
    id: 'post',
    label: 'The post’s server',
    help: 'Header, then body, keep-alive: from the second on every request waits for the client’s delayed ACK.',
    given: post,
  },
  {
    id: 'one-write',
    label: 'One write',
    help: 'Header and body leave in one write(): nothing is held, nobody waits.',
    given: { ...post, server_writes: 'one' },
  },
  {
    id: 'writev',
    label: 'writev()',
    help: 'Two buffers, one call: the same segment, without a copy.',
    given: { ...post, server_writes: 'writev' },
  },
  {
    id: 'nodelay',
    label: 'TCP_NODELAY',
    help: 'The body does not wait for the header’s ACK; each response costs one segment more.',
    given: { ...post, server_nodelay: true },
  },
  {
    id: 'msg-more',
    label: 'MSG_MORE',
    help: 'The header waits in the socket for the body that it announces.',
    given: { ...post, server_writes: 'msg-more' },
  },
  {
    id: 'cork',
    label: 'TCP_CORK, removed',
    help: 'The cork holds the header until the body is written, then lets both go.',
    given: { ...post, server_writes: 'cork' },
  },
  {
    id: 'cork-forever',
    label: 'TCP_CORK, forgotten',
    help: 'Nobody removes the cork: every response waits for the timer that probes a shut window.',
    given: { ...post, server_writes: 'cork-forever' },
  },
  {
    id: 'quickack',
    label: 'TCP_QUICKACK, each time',
    help: 'The client asks for a quick ACK before each read(): the stall goes, a round trip stays.',
    given: { ...post, client_quickack: 'always' },
  },
  {
    id: 'short',
    label: 'Short connections',
    help: 'A new connection for each request: the FIN takes the body with it.',
    given: { ...post, server_closes_after_response: true },
  },
  {
    id: 'client',
    label: 'The client writes twice',
    help: 'The same mistake at the other end: half of the request waits for the server’s delayed ACK.',
    given: { ...post, server_writes: 'one', client_writes: 2 },
  },
  {
    id: 'threshold',
    label: 'Threshold 3',
    help: 'A kernel that asks for three quick replies (2019 to 2022): every third request stalls.',
    given: { ...post, tcp_pingpong_thresh: 3, requests: 8 },
  },
  {
    id: 'pause',
    label: 'A pause of 50 ms',
    help: 'The client rests longer than ACKs are delayed: its next request is no quick reply.',
    given: { ...post, gap_ms: 50 },
  },
];
