/** Random sessions: what two hosts, their programs and the network between them are like. */
import fc from 'fast-check';
import type { SocketOption } from '#simulations/machine/calls.ts';

/** One thing that a program does with a connection. */
export type Step =
  | { readonly do: 'write'; readonly bytes: number }
  | { readonly do: 'send more'; readonly bytes: number }
  | { readonly do: 'writev'; readonly buffers: readonly number[] }
  /** One read(). */
  | { readonly do: 'read'; readonly bytes: number }
  /** Reads until the end of the stream, or an error. */
  | { readonly do: 'read all'; readonly bytes: number }
  | { readonly do: 'shutdown'; readonly how: 'SHUT_RD' | 'SHUT_WR' | 'SHUT_RDWR' }
  | { readonly do: 'set'; readonly option: SocketOption; readonly value: number }
  | { readonly do: 'sleep'; readonly ms: number };

/** One end. */
export interface End {
  readonly mss_bytes: number;
  readonly tcp_pingpong_thresh: number;
  readonly rcvbuf_bytes: number;
}

/** What a client process does: connections, one after another, each closed after its last step. */
export interface Client {
  readonly starts_at_ms: number;
  readonly connections: readonly (readonly Step[])[];
  /** SIGKILL, or null. */
  readonly killed_at_ms: number | null;
}

export interface Session {
  readonly seed: number;
  readonly rtt_us: number;
  readonly network: {
    readonly lost: number;
    readonly late: number;
    readonly late_us: number;
    readonly twice: number;
    readonly twice_us: number;
  };
  readonly client: End;
  readonly server: End;
  readonly clients: readonly Client[];
  readonly backlog: number;
  /** The server sleeps before it listens. */
  readonly listens_at_ms: number;
  /** What it does with its first, second … connection; then it begins anew. */
  readonly answers: readonly (readonly Step[])[];
  /** The listener is closed after so many connections. */
  readonly accepts: number;
  readonly server_killed_at_ms: number | null;
}

const weighted = <T>(...choices: [number, fc.Arbitrary<T>][]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));

const size = weighted<number>(
  [4, fc.integer({ min: 1, max: 600 })],
  [3, fc.integer({ min: 1, max: 6000 })],
  [1, fc.integer({ min: 6000, max: 90_000 })],
);

const OPTIONS: [SocketOption, number[]][] = [
  ['TCP_NODELAY', [0, 1]],
  ['TCP_CORK', [0, 1]],
  ['TCP_QUICKACK', [0, 1]],
  ['SO_SNDBUF', [2048, 5000, 20_000]],
  ['SO_LINGER', [-1, 0, 1, 30]],
];
const option: fc.Arbitrary<Step> = fc
  .constantFrom(...OPTIONS.flatMap(([name, values]) => values.map((value) => ({ name, value }))))
  .map(({ name, value }) => ({ do: 'set', option: name, value }));

const step: fc.Arbitrary<Step> = weighted<Step>(
  [6, size.map((bytes) => ({ do: 'write', bytes }))],
  [1, size.map((bytes) => ({ do: 'send more', bytes }))],
  [1, fc.array(size, { minLength: 1, maxLength: 3 }).map((buffers) => ({ do: 'writev', buffers }))],
  [5, size.map((bytes) => ({ do: 'read', bytes }))],
  [1, size.map((bytes) => ({ do: 'read all', bytes }))],
  [
    1,
    fc
      .constantFrom('SHUT_WR' as const, 'SHUT_WR' as const, 'SHUT_RD' as const, 'SHUT_RDWR' as const)
      .map((how) => ({ do: 'shutdown', how })),
  ],
  [2, option],
  [
    2,
    fc
      .oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 5000 }))
      .map((ms) => ({ do: 'sleep', ms })),
  ],
);
const steps = fc.array(step, { maxLength: 8 });

const share = weighted<number>(
  [5, fc.constant(0)],
  [3, fc.integer({ min: 1, max: 10 }).map((percent) => percent / 100)],
  [1, fc.integer({ min: 10, max: 40 }).map((percent) => percent / 100)],
);

const end: fc.Arbitrary<End> = fc.record({
  mss_bytes: weighted<number>(
    [3, fc.constant(1460)],
    [2, fc.integer({ min: 300, max: 2000 })],
    [1, fc.constant(65_483)],
  ),
  tcp_pingpong_thresh: fc.constantFrom(1, 1, 2, 3, 255),
  rcvbuf_bytes: weighted<number>([3, fc.constant(131_072)], [2, fc.integer({ min: 2304, max: 32_768 })]),
});

const killed = weighted<number | null>([6, fc.constant(null)], [1, fc.integer({ min: 0, max: 3000 })]);

const client: fc.Arbitrary<Client> = fc.record({
  starts_at_ms: fc.integer({ min: 0, max: 200 }),
  connections: fc.array(steps, { minLength: 1, maxLength: 3 }),
  killed_at_ms: killed,
});

/** Any session; small ones are likelier. */
export const anySession: fc.Arbitrary<Session> = fc.record({
  seed: fc.nat(),
  rtt_us: weighted<number>(
    [1, fc.constant(0)],
    [4, fc.integer({ min: 1, max: 100_000 })],
    [1, fc.integer({ min: 100_000, max: 2_000_000 })],
  ),
  network: fc.record({
    lost: share,
    late: share,
    late_us: fc.integer({ min: 1, max: 400_000 }),
    twice: share,
    twice_us: fc.integer({ min: 0, max: 400_000 }),
  }),
  client: end,
  server: end,
  clients: weighted<Client[]>(
    [3, fc.array(client, { minLength: 1, maxLength: 1 })],
    [1, fc.array(client, { minLength: 2, maxLength: 4 })],
  ),
  backlog: fc.integer({ min: 0, max: 3 }),
  listens_at_ms: weighted<number>([4, fc.constant(0)], [1, fc.integer({ min: 1, max: 1000 })]),
  answers: fc.array(steps, { minLength: 1, maxLength: 3 }),
  accepts: fc.integer({ min: 1, max: 12 }),
  server_killed_at_ms: killed,
});
