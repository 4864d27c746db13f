/** What can be set in the pipe-buffer simulation, a page of the reference, and the sets worth a look. Their names are a contract. */
import type { Schema, Values } from '../../engine/parameters.ts';
import { PIPE_KERNELS } from '../../kernel/pipe/profile.ts';
import type { Preset } from '../../simulation.ts';

const HOUR_ms = 3_600_000;
const WEEK_ms = 7 * 24 * HOUR_ms;
const MOST_bytes = 2 ** 21;

/** Bounds of a run's work: reads, and writes of all writers together. */
const MOST_READS = 5000;
const MOST_WRITES = 2_000_000;

export const parameters = {
  kernel: {
    type: 'choice',
    choices: PIPE_KERNELS,
    default: '6.12',
    help: 'Linux version',
  },
  write_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 1,
    max: MOST_bytes,
    default: 120,
    help: 'length of one write(), such as a log line',
  },
  write_every_ms: {
    type: 'integer',
    unit: 'ms',
    min: 0,
    max: HOUR_ms,
    default: 0,
    special: { 0: 'one right after the other' },
    help: 'pause of a writer between two writes',
  },
  writers: {
    type: 'integer',
    min: 1,
    max: 16,
    default: 1,
    help: 'processes that write to the same pipe',
  },
  writes: {
    type: 'integer',
    min: 1,
    max: ({ writers }) => Math.floor(MOST_WRITES / Number(writers)),
    hangsOn: 'writers',
    default: 100_000,
    help: 'writes that each writer makes before it exits',
  },
  nonblocking: {
    type: 'boolean',
    default: false,
    names: 'O_NONBLOCK',
    help: 'the writers do not block: on EAGAIN they wait in poll() for POLLOUT',
  },
  sigpipe: {
    type: 'choice',
    choices: {
      default: 'kills the writer: a C program, a shell',
      ignored: 'is ignored, and write() returns EPIPE: Python, Go (not on standard output), most servers',
    },
    default: 'ignored',
    names: 'SIGPIPE',
    help: 'what SIGPIPE does',
  },
  pipe_size_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 0,
    max: 2 ** 32 - 1,
    default: 0,
    special: { 0: 'as the kernel makes it' },
    names: 'F_SETPIPE_SZ',
    help: 'size that an ordinary user asks for before the first write',
  },
  past_user_soft_limit: {
    type: 'boolean',
    default: false,
    names: 'fs.pipe-user-pages-soft',
    help: 'the user’s pipes together are past the soft limit when this one is made',
  },
  reader: {
    type: 'choice',
    choices: {
      stalled: 'holds the read end and never reads',
      draining: 'reads read_bytes every read_every_ms',
      dies: 'holds the read end without reading, and dies at reader_dies_at_ms',
      none: 'has closed the read end before the first write',
    },
    default: 'stalled',
    help: 'what is at the other end',
  },
  read_bytes: {
    type: 'integer',
    unit: 'bytes',
    min: 1,
    max: MOST_bytes,
    default: 4096,
    help: 'length of one read(); counts with a draining reader only',
  },
  read_every_ms: {
    type: 'integer',
    unit: 'ms',
    min: 1,
    max: HOUR_ms,
    default: 100,
    help: 'pause of the reader before each read; counts with a draining reader only',
  },
  reader_dies_at_ms: {
    type: 'integer',
    unit: 'ms',
    min: 0,
    max: WEEK_ms,
    default: 5000,
    help: 'when the reader dies; counts with reader "dies" only',
  },
  duration_ms: {
    type: 'integer',
    unit: 'ms',
    min: 0,
    max: ({ reader, read_every_ms }) =>
      reader === 'draining' ? Math.min(WEEK_ms, MOST_READS * Number(read_every_ms)) : WEEK_ms,
    hangsOn: 'read_every_ms',
    default: ({ reader, read_every_ms }) =>
      reader === 'draining' ? Math.min(10_000, 100 * Number(read_every_ms)) : 10_000,
    help: 'how long the run is watched',
  },
} as const satisfies Schema;

export type PipeBufferParameters = Values<typeof parameters>;

export const presets: readonly Preset[] = [
  {
    id: 'post',
    label: 'The incident',
    help: 'Log lines of 120 bytes, one every 158 s, and a reader that holds its end without reading: blocked after a day.',
    given: { write_every_ms: 158_000, duration_ms: 90_000_000 },
  },
  {
    id: 'burst',
    label: 'The same, in one go',
    help: 'The lines one right after the other: 544 fit, and 256 bytes stay free.',
    given: {},
  },
  {
    id: 'page',
    label: 'Writes of a page',
    help: '4,096 bytes: 16 writes fill the pipe to the last byte.',
    given: { write_bytes: 4096 },
  },
  {
    id: 'page-and-one',
    label: 'A page and one byte',
    help: '4,097 bytes: the odd byte of the next write merges into the page of the last.',
    given: { write_bytes: 4097 },
  },
  {
    id: 'half-page-and-one',
    label: 'Half a page and one byte',
    help: '2,049 bytes: two do not fit into a page, so half of the pipe stays empty.',
    given: { write_bytes: 2049 },
  },
  {
    id: 'slow-reader',
    label: 'A slow reader',
    help: 'It takes 100 bytes at a time: the writer is woken only when a whole slot is free.',
    given: { reader: 'draining', read_bytes: 100, read_every_ms: 20 },
  },
  {
    id: 'no-reader',
    label: 'No reader at all',
    help: 'Nobody holds the read end: a write never blocks, it fails at once.',
    given: { reader: 'none' },
  },
  {
    id: 'reader-dies',
    label: 'The reader dies',
    help: 'Under a sleeping writer: it is woken at once and gets EPIPE.',
    given: { reader: 'dies', reader_dies_at_ms: 5000 },
  },
  {
    id: 'sigpipe',
    label: '… and SIGPIPE kills',
    help: 'The same with SIGPIPE as it is by default.',
    given: { reader: 'dies', reader_dies_at_ms: 5000, sigpipe: 'default' },
  },
  {
    id: 'workers',
    label: 'Ten workers',
    help: 'Ten workers log to one pipe: all of them sleep, and each free slot wakes one.',
    given: { writers: 10, reader: 'draining', read_bytes: 4096, read_every_ms: 200 },
  },
  {
    id: 'nonblocking',
    label: '+ O_NONBLOCK',
    help: 'The writer does not block; it learns that nobody reads.',
    given: { nonblocking: true },
  },
  {
    id: 'larger',
    label: '+ a larger pipe',
    help: 'F_SETPIPE_SZ to 1 MiB, the most an ordinary user may ask for. With a line every minute it is full after six days.',
    given: { pipe_size_bytes: 1_048_576, write_every_ms: 60_000, duration_ms: 561_600_000 },
  },
  {
    id: 'soft-limit',
    label: 'Past the soft limit',
    help: 'A user with too many pipes gets two slots: 8,192 bytes.',
    given: { past_user_soft_limit: true },
  },
];
