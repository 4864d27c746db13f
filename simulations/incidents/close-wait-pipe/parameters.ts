/** What can be set in the close-wait-pipe incident, and the sets worth a look. Their names are a contract. */
import type { Earlier, Schema, Values } from '../../engine/parameters.ts';
import { PIPE_KERNELS } from '../../kernel/pipe/profile.ts';
import type { Preset } from '../../simulation.ts';
import { CHAN_SES_WINDOW_DEFAULT_bytes } from '../../userland/ssh-channel.ts';

const HOUR_ms = 3_600_000;
const WEEK_s = 7 * 24 * 3600;

/** Bounds of a run's work: clients, and bytes of log. */
const MOST_CLIENTS = 100_000;
const MOST_LOG_bytes = 5e8;

const longest_s = ({ requests_per_s, log_bytes }: Earlier): number => {
  const clients = Math.min(MOST_CLIENTS, MOST_LOG_bytes / Number(log_bytes));
  return Math.max(1, Math.min(WEEK_s, Math.floor(clients / Number(requests_per_s))));
};

export const parameters = {
  kernel: {
    type: 'choice',
    choices: PIPE_KERNELS,
    default: '6.12',
    help: 'Linux version',
  },
  accepting: {
    type: 'choice',
    choices: {
      pool: 'the main thread accepts and queues connections, workers handle them',
      inline: 'one thread accepts a connection, handles it, and accepts the next',
    },
    default: 'pool',
    help: 'who accepts and who works',
  },
  workers: {
    type: 'integer',
    min: 1,
    max: 200,
    default: 10,
    help: 'worker threads of the pool; counts with accepting "pool" only',
  },
  backlog: {
    type: 'integer',
    min: 0,
    max: 4096,
    default: 5,
    names: 'listen() backlog',
    help: 'length of the accept queue; the kernel lets one more in',
  },
  nofile: {
    type: 'integer',
    min: 5,
    max: 1_048_576,
    default: 1024,
    names: 'RLIMIT_NOFILE',
    help: 'descriptors that the server may have; standard input, output and error and the listener take four',
  },
  requests_per_s: {
    type: 'decimal',
    decimals: 3,
    min: 0.001,
    max: 1000,
    default: 10,
    help: 'clients that connect each second, evenly spaced, one request each',
  },
  request_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 1,
    max: 16_384,
    default: 300,
    help: 'length of a request',
  },
  log_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 1,
    max: 1_048_576,
    default: 120,
    help: 'length of the log line that each request writes to standard error',
  },
  client_timeout_ms: {
    type: 'integer',
    unit: 'ms',
    min: 1,
    max: HOUR_ms,
    default: 5000,
    help: 'how long a client waits for its response before it closes (proxy_read_timeout in nginx)',
  },
  connect_timeout_ms: {
    type: 'integer',
    unit: 'ms',
    min: 1,
    max: HOUR_ms,
    default: 60_000,
    help: 'how long a client waits for its connection (proxy_connect_timeout in nginx)',
  },
  pipe_size_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 0,
    max: 2 ** 32 - 1,
    default: 0,
    special: { 0: 'as the kernel makes it, 65,536' },
    names: 'F_SETPIPE_SZ',
    help: 'size asked for the pipe behind standard error',
  },
  sigpipe: {
    type: 'choice',
    choices: {
      ignored: 'is ignored, and write() returns EPIPE: Python',
      default: 'kills the server: a C program that does not care',
    },
    default: 'ignored',
    names: 'SIGPIPE',
    help: 'what SIGPIPE does to the server',
  },
  reader: {
    type: 'choice',
    choices: {
      stalled: 'holds the read end and never reads',
      'stalled-ssh': 'sshd reads for an ssh client that has stopped: it swallows a window full first',
      draining: 'reads all the time',
      none: 'nobody holds the read end',
      dies: 'holds the read end without reading, and dies at reader_dies_at_ms',
    },
    default: 'stalled',
    help: 'what is at the other end of standard error',
  },
  reader_dies_at_ms: {
    type: 'integer',
    unit: 'ms',
    min: 0,
    max: WEEK_s * 1000,
    default: 90_000,
    help: 'when the reader dies; counts with reader "dies" only',
  },
  ssh_window_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 0,
    max: 2 ** 26,
    default: CHAN_SES_WINDOW_DEFAULT_bytes,
    names: 'CHAN_SES_WINDOW_DEFAULT',
    help: 'what sshd may send before the client asks for more; counts with reader "stalled-ssh" only',
  },
  ssh_socket_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 0,
    max: 2 ** 26,
    default: 2_097_152,
    help: 'what the socket buffers between sshd and the stopped client hold; decides where the bytes lie, not how many; counts with reader "stalled-ssh" only',
  },
  duration_s: {
    type: 'integer',
    unit: 's',
    min: 1,
    max: longest_s,
    hangsOn: 'requests_per_s',
    default: (earlier) => Math.min(120, longest_s(earlier)),
    help: 'how long the run is watched',
  },
  recovers_at_s: {
    type: 'decimal',
    decimals: 3,
    unit: 's',
    min: 0,
    max: WEEK_s,
    default: 0,
    special: { 0: 'never' },
    help: 'when a stalled reader begins to read',
  },
} as const satisfies Schema;

export type CloseWaitPipeParameters = Values<typeof parameters>;

/** The post: fewer than a hundred services, a heartbeat from each every five minutes, nginx's 300 s. */
const POST = { requests_per_s: 0.333, client_timeout_ms: 300_000, nofile: 65_536 };

export const presets: readonly Preset[] = [
  {
    id: 'incident',
    label: 'The incident, faster',
    help: 'Ten requests a second and a client timeout of 5 s: the pipe is full after 54 s.',
    given: {},
  },
  {
    id: 'post',
    label: 'At the post’s pace',
    help: 'A hundred services, a heartbeat each every 5 minutes, a proxy that waits 300 s, and an ssh client that has stopped: watched for a day and a half.',
    given: { ...POST, reader: 'stalled-ssh', duration_s: 129_600 },
  },
  {
    id: 'nobody',
    label: 'Nobody holds the read end',
    help: 'What the post says. A write never blocks then: it fails at once, and the server goes on.',
    given: { reader: 'none' },
  },
  {
    id: 'dies',
    label: 'The reader dies',
    help: 'After 90 s, under sleeping workers: all of them wake with EPIPE, and the server goes on.',
    given: { reader: 'dies' },
  },
  {
    id: 'inline',
    label: 'One thread for all',
    help: 'Who handles a request cannot accept the next: the accept queue fills, and later clients stay in SYN-SENT.',
    given: { accepting: 'inline' },
  },
  {
    id: 'emfile',
    label: 'Out of descriptors',
    help: 'With nofile 256 accept() fails as well, and the main thread blocks on the line that says so.',
    given: { nofile: 256 },
  },
  {
    id: 'stopped-ssh',
    label: 'A stopped ssh',
    help: 'sshd goes on reading until the client’s window is used up. Larger lines, so that it takes a minute.',
    given: { reader: 'stalled-ssh', log_bytes: 4000 },
  },
  {
    id: 'recovers',
    label: 'Somebody reads again',
    help: 'After 90 s the reader begins to read: every worker goes on, and the pile is gone at once.',
    given: { recovers_at_s: 90 },
  },
  {
    id: 'drained',
    label: '+ a reader that reads',
    help: 'The fix: standard error goes where somebody reads it, always.',
    given: { reader: 'draining' },
  },
  {
    id: 'larger',
    label: '+ a larger pipe',
    help: 'F_SETPIPE_SZ to 1 MiB only moves the day: watched for 20 minutes.',
    given: { pipe_size_bytes: 1_048_576, duration_s: 1200 },
  },
  {
    id: 'more-workers',
    label: '+ more workers',
    help: 'Fifty workers block like ten, a few seconds later.',
    given: { workers: 50 },
  },
];
