/** Random parameters of close-wait-pipe. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import type { CloseWaitPipeParameters } from '#simulations/incidents/close-wait-pipe/parameters.ts';
import { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { PIPE_KERNELS } from '#simulations/kernel/pipe/profile.ts';

/** Mostly near the lower end, where a limit is met soon. */
const some = (min: number, few: number, max: number) =>
  fc.oneof({ arbitrary: fc.integer({ min, max: few }), weight: 3 }, fc.integer({ min, max }));

/** Sound parameters in modest ranges: some hundred clients, pipes that are soon full, limits that are soon met. */
export const anyParameters: fc.Arbitrary<CloseWaitPipeParameters> = fc
  .record({
    kernel: fc.constantFrom(...Object.keys(PIPE_KERNELS)),
    accepting: fc.constantFrom('pool', 'pool', 'inline'),
    workers: some(1, 4, 60),
    backlog: some(0, 6, 130),
    nofile: fc.oneof(some(5, 16, 150), fc.constant(1024)),
    requests_per_s: fc.constantFrom(0.333, 1, 5, 7.5, 25, 100),
    request_bytes: some(1, 400, 16_384),
    log_bytes: fc.oneof(some(1, 1000, 5000), fc.constantFrom(120, 4096, 4097), some(4000, 20_000, 200_000)),
    client_timeout_ms: some(1, 3000, 20_000),
    connect_timeout_ms: some(1, 5000, 60_000),
    pipe_size_bytes: fc.constantFrom(0, 4096, 4096, 16_384, 100_000),
    sigpipe: fc.constantFrom('ignored', 'ignored', 'ignored', 'default'),
    reader: fc.constantFrom('stalled', 'stalled', 'stalled-ssh', 'draining', 'none', 'dies'),
    reader_dies_at_ms: some(0, 4000, 20_000),
    ssh_window_bytes: fc.constantFrom(0, 5000, 100_000),
    ssh_socket_bytes: fc.constantFrom(0, 20_000, 2_097_152),
    duration_s: some(1, 8, 30),
    recovers_at_s: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 12_000 }).map((ms) => ms / 1000),
    ),
  })
  .map((given: Given) => {
    const { values, problems } = settleParameters(closeWaitPipe.parameters, given);
    expect(problems).toEqual([]);
    return values;
  });
