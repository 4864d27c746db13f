import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { KERNELS, type KernelVersion } from '#simulations/kernel/profile.ts';
import { synSchedule } from '#simulations/kernel/tcp/syn-schedule.ts';
import { DEFAULT_SYSCTLS } from '#simulations/machine/sysctl.ts';

/** What a whole connect() to a peer that drops everything does. */
function connect(given: Given) {
  const { values, problems } = settleParameters(connectTimeout.parameters, { ...given, peer: 'drops' });
  expect(problems).toEqual([]);
  const { syn_times_ms, returned_at_ms } = connectTimeout.run(values).outcome;
  return { values, whole: { sends_ms: syn_times_ms, gives_up_ms: returned_at_ms } };
}

describe('the SYNs of a connect() that nobody answers', () => {
  it('go out eleven times on 6.12, and the kernel gives up after 131 s', () => {
    const { sends_ms, gives_up_ms } = synSchedule({
      ...DEFAULT_SYSCTLS,
      kernel: KERNELS['6.12'],
      icsk_syn_retries: 0,
      icsk_user_timeout_ms: 0,
    });
    expect(sends_ms.map((ms) => ms / 1000)).toEqual([0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67]);
    expect(gives_up_ms).toBe(131_000);
  });

  const sets: Given[] = [
    ...Object.keys(KERNELS).map((kernel) => ({ kernel })),
    ...[1, 2, 3, 5, 9].map((tcp_syn_retries) => ({ tcp_syn_retries })),
    { tcp_syn_linear_timeouts: 0 },
    { tcp_syncnt: 2 },
  ];

  it.each(sets)('are those of a socket with its timers, with %j', (given) => {
    const { values, whole } = connect(given);
    expect(
      synSchedule({
        ...DEFAULT_SYSCTLS,
        tcp_syn_retries: values.tcp_syn_retries,
        tcp_syn_linear_timeouts: values.tcp_syn_linear_timeouts,
        kernel: KERNELS[values.kernel as KernelVersion],
        icsk_syn_retries: values.tcp_syncnt,
        icsk_user_timeout_ms: 0,
      }),
    ).toEqual(whole);
  });
});
