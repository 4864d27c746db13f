import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import type { MachineState } from '#simulations/machine/state.ts';
import { plain } from '#simulations/trace/event.ts';
import { presetOf } from '../../preset.ts';
import { Bench } from '../kernel/tcp/bench.ts';

function run(given: Given) {
  const { values, problems } = settleParameters(connectTimeout.parameters, given);
  expect(problems).toEqual([]);
  return connectTimeout.run(values);
}
const outcome = (given: Given) => run(given).outcome;
const timedOut = (syn_times_s: number[], returned_at_ms: number) => ({
  syn_times_ms: syn_times_s.map((s) => s * 1000),
  errno: 'ETIMEDOUT',
  returned_at_ms,
  killed_at_ms: null,
});

describe('a peer that never answers', () => {
  it("gives up after 63 s with five retries: the post's kernel", () => {
    expect(outcome({ kernel: '3.2' })).toEqual(timedOut([0, 1, 3, 7, 15, 31], 63_000));
  });

  it.each(['3.10', '4.14', '5.4', '6.1'])('gives up after 127 s on %s, with six retries', (kernel) => {
    expect(outcome({ kernel })).toEqual(timedOut([0, 1, 3, 7, 15, 31, 63], 127_000));
  });

  it.each(['6.6', '6.12', '6.18'])('gives up after 131 s on %s, four linear retries first', (kernel) => {
    expect(outcome({ kernel })).toEqual(timedOut([0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67], 131_000));
  });

  it.each([
    [1, [0, 1, 2], 3],
    [2, [0, 1, 2, 3, 4, 5], 7],
    [3, [0, 1, 2, 3, 4, 5, 7, 11], 19],
  ])('with n = %i and four linear retries sends at %j s and ends at %i s', (n, syns, over_s) => {
    expect(outcome({ tcp_syn_retries: n })).toEqual(timedOut(syns, over_s * 1000));
  });

  it('is bounded for one socket by TCP_SYNCNT', () => {
    expect(outcome({ kernel: '3.2', tcp_syncnt: 2 })).toEqual(timedOut([0, 1, 3], 7000));
  });
});

describe('TCP_USER_TIMEOUT', () => {
  it.each([
    [5000, [0, 1, 3], 5000],
    [2500, [0, 1], 2500],
    [6500, [0, 1, 3], 6500],
    [1500, [0, 1], 1500],
  ])('of %i ms ends it at that time without another SYN', (tcp_user_timeout_ms, syns, at_ms) => {
    expect(outcome({ kernel: '6.1', tcp_user_timeout_ms })).toEqual(timedOut(syns, at_ms));
  });

  it.each([1, 300, 500, 999, 1000])(
    'of %i ms ends it one jiffy after the second SYN',
    (tcp_user_timeout_ms) => {
      for (const kernel of ['5.4', '6.12'])
        expect(outcome({ kernel, tcp_user_timeout_ms })).toEqual(timedOut([0, 1], 1004));
    },
  );

  it('on a kernel with linear retries leaves the SYNs before it as they are', () => {
    expect(outcome({ tcp_user_timeout_ms: 5000 })).toEqual(timedOut([0, 1, 2, 3, 4], 5000));
    expect(outcome({ tcp_user_timeout_ms: 10_000 })).toEqual(timedOut([0, 1, 2, 3, 4, 5, 7], 10_000));
  });

  it('does not count before 5.4', () => {
    for (const kernel of ['3.2', '3.10', '4.14'])
      expect(outcome({ kernel, tcp_user_timeout_ms: 5000 })).toEqual(outcome({ kernel }));
  });

  it('does not make a small number of retries last longer', () => {
    expect(outcome({ kernel: '6.1', tcp_syn_retries: 1, tcp_user_timeout_ms: 20_000 })).toEqual(
      timedOut([0, 1], 3000),
    );
  });
});

describe('a peer that answers', () => {
  it.each([
    ['refuses', 'ECONNREFUSED'],
    ['rejects-port', 'ECONNREFUSED'],
    ['rejects-host', 'EHOSTUNREACH'],
    ['rejects-net', 'ENETUNREACH'],
    ['rejects-admin', 'EHOSTUNREACH'],
    ['rejects-reset', 'ECONNREFUSED'],
    ['listens', null],
  ])('and %s lets connect() return %s after one round trip', (peer, errno) => {
    const found = outcome({ peer, rtt_ms: 24 });
    expect(found).toEqual({ syn_times_ms: [0], errno, returned_at_ms: 24, killed_at_ms: null });
  });

  it('only the second SYN costs one second: the post has "one retry, then RST"', () => {
    expect(outcome({ kernel: '3.2', peer: 'refuses', lose_first: 1, rtt_ms: 24 })).toMatchObject({
      syn_times_ms: [0, 1000],
      errno: 'ECONNREFUSED',
      returned_at_ms: 1024,
    });
  });
});

describe('over IPv6', () => {
  it.each([
    ['refuses', 'ECONNREFUSED'],
    ['rejects-reset', 'ECONNREFUSED'],
    ['rejects-port', 'ECONNREFUSED'],
    ['rejects-host', 'EHOSTUNREACH'],
    ['rejects-net', 'ENETUNREACH'],
    ['rejects-admin', 'EACCES'],
    ['listens', null],
  ])('a peer that %s lets connect() return %s after one round trip', (peer, errno) => {
    const found = outcome({ family: 'inet6', peer, rtt_ms: 24 });
    expect(found).toEqual({ syn_times_ms: [0], errno, returned_at_ms: 24, killed_at_ms: null });
  });

  it('takes as long as over IPv4 when nothing answers, or nobody answers neighbour discovery', () => {
    for (const peer of ['drops', 'absent'])
      expect(outcome({ family: 'inet6', peer })).toEqual(outcome({ peer }));
  });

  it('takes no doubling back for an ICMPv6 error: tcp_v6_err does that in the synchronized states alone', () => {
    const late = { kernel: '6.1', rtt_ms: 2500, tcp_syn_retries: 1 };
    for (const [peer, errno] of [
      ['rejects-host', 'EHOSTUNREACH'],
      ['rejects-net', 'ENETUNREACH'],
    ] as const) {
      expect(outcome({ ...late, peer, family: 'inet6' })).toMatchObject({ errno, returned_at_ms: 2500 });
      expect(outcome({ ...late, peer }).errno).toBe('ETIMEDOUT');
    }
  });
});

describe('first aid for one peer', () => {
  it('by ss -K ends the call at once, with ECONNABORTED', () => {
    expect(outcome({ first_aid: 'ss-kill', first_aid_at_ms: 2600 })).toEqual({
      syn_times_ms: [0, 1000, 2000],
      errno: 'ECONNABORTED',
      returned_at_ms: 2600,
      killed_at_ms: null,
    });
  });

  it('by ss -K wakes a poll() too, and finds nothing before connect()', () => {
    const polled = { nonblocking: true, poll_timeout_ms: -1, first_aid: 'ss-kill' };
    expect(outcome({ ...polled, first_aid_at_ms: 600 })).toMatchObject({
      errno: 'ECONNABORTED',
      returned_at_ms: 600,
    });
    expect(outcome({ first_aid: 'ss-kill', first_aid_at_ms: 0 })).toEqual(outcome({}));
  });

  it('by an unreachable route stops the SYNs of a call that hangs, not its wait', () => {
    const given = { tcp_syn_retries: 2, first_aid: 'route-unreachable', first_aid_at_ms: 2600 };
    expect(outcome(given)).toEqual({
      syn_times_ms: [0, 1000, 2000],
      errno: 'EHOSTUNREACH',
      returned_at_ms: 7000,
      killed_at_ms: null,
    });
  });

  it('by an unreachable route ends a new call at once, without a SYN', () => {
    for (const family of ['inet', 'inet6'])
      expect(outcome({ family, first_aid: 'route-unreachable', first_aid_at_ms: 0 })).toEqual({
        syn_times_ms: [],
        errno: 'EHOSTUNREACH',
        returned_at_ms: 0,
        killed_at_ms: null,
      });
  });

  it('lets the sysctl end a call at its next try, for every peer; a socket with TCP_SYNCNT goes on', () => {
    const lowered = { first_aid: 'sysctl', first_aid_at_ms: 10_600 };
    expect(outcome(lowered)).toMatchObject({ errno: 'ETIMEDOUT', returned_at_ms: 19_000 });
    expect(outcome({ ...lowered, tcp_syncnt: 6 }).returned_at_ms).toBe(131_000);
  });
});

describe('SO_SNDTIMEO', () => {
  it('bounds a blocking connect(), and the errno is EINPROGRESS', () => {
    expect(outcome({ kernel: '3.2', so_sndtimeo_ms: 5000 })).toEqual({
      syn_times_ms: [0, 1000, 3000],
      errno: 'EINPROGRESS',
      returned_at_ms: 5000,
      killed_at_ms: null,
    });
  });

  it('lets the attempt go on: a second connect() waits again and says EALREADY', () => {
    expect(outcome({ kernel: '3.2', so_sndtimeo_ms: 5000, connects: 2 })).toMatchObject({
      syn_times_ms: [0, 1000, 3000, 7000],
      errno: 'EALREADY',
      returned_at_ms: 10_000,
    });
  });

  it('longer than the kernel tries changes nothing, nor does it bound a non-blocking socket', () => {
    expect(outcome({ kernel: '3.2', so_sndtimeo_ms: 70_000 })).toEqual(outcome({ kernel: '3.2' }));
    const nonblocking = { nonblocking: true, poll_timeout_ms: -1 };
    expect(outcome({ kernel: '3.2', so_sndtimeo_ms: 1500, ...nonblocking }).returned_at_ms).toBe(63_000);
  });
});

describe('a non-blocking connect() with poll()', () => {
  it('is back when poll() is, with EINPROGRESS when nothing came', () => {
    expect(outcome({ kernel: '3.2', nonblocking: true, poll_timeout_ms: 5000 })).toMatchObject({
      errno: 'EINPROGRESS',
      returned_at_ms: 5000,
    });
  });

  it('finds the cause in SO_ERROR, whatever it is', () => {
    const polled = (given: Given) => {
      const { errno, returned_at_ms } = outcome({ nonblocking: true, poll_timeout_ms: -1, ...given });
      return [errno, returned_at_ms];
    };
    expect(polled({ kernel: '3.2' })).toEqual(['ETIMEDOUT', 63_000]);
    expect(polled({ peer: 'refuses', rtt_ms: 7 })).toEqual(['ECONNREFUSED', 7]);
    expect(polled({ peer: 'rejects-net', rtt_ms: 7 })).toEqual(['ENETUNREACH', 7]);
    expect(polled({ peer: 'absent' })).toEqual(['EHOSTUNREACH', 3000]);
    expect(polled({ peer: 'listens', rtt_ms: 7 })).toEqual([null, 7]);
  });
});

describe('the supervisor', () => {
  it('kills the worker asleep in connect() when its patience is over', () => {
    const trace = run({ kernel: '3.2', heartbeat_s: 60 });
    expect(trace.outcome).toEqual({
      syn_times_ms: [0, 1000, 3000, 7000, 15_000, 31_000],
      errno: null,
      returned_at_ms: null,
      killed_at_ms: 60_000,
    });
    const missed = trace.events.find(({ kind }) => kind === 'heartbeat-missed');
    expect(missed?.says).toContain('who is still asleep in connect()');
    const { machines, programs } = trace.worldAt(trace.events.length);
    const { processes, sockets } = machines.client as MachineState;
    expect([...processes.values()]).toMatchObject([{ comm: 'worker', status: 'killed', open_fds: 0 }]);
    expect([...sockets.values()]).toEqual([]);
    expect(programs.supervisor?.status).toBe('killed');
  });

  it('gets its answer when the worker is back in time, and kills nobody', () => {
    const trace = run({ kernel: '3.2', heartbeat_s: 64 });
    expect(trace.outcome).toMatchObject({ errno: 'ETIMEDOUT', returned_at_ms: 63_000, killed_at_ms: null });
    expect(trace.events.filter(({ kind }) => kind === 'heartbeat-answered')).toHaveLength(1);
    expect(trace.events.at(-1)?.at_us).toBe(63_000_000);
  });

  it('has less patience left with every wait, until the worker is back', () => {
    const { events } = run({ kernel: '3.2', heartbeat_s: 60 });
    const left = events.flatMap(({ kind, says }) =>
      kind === 'timer-set' ? [/has (\d+) s of patience/.exec(says)?.[1]] : [],
    );
    expect(left).toEqual(['60', '59', '57', '53', '45', '29']);
    expect(run({ kernel: '3.2' }).events.some(({ says }) => says.includes('supervisor'))).toBe(false);
  });
});

describe('the presets', () => {
  it.each(connectTimeout.presets.map(({ id, given }) => [id, given] as const))(
    '%s is sound',
    (_id, given) => {
      expect(run(given).beats.length).toBeGreaterThan(1);
    },
  );

  it('keep what their sentence promises', () => {
    const of = (id: string) => outcome(presetOf(connectTimeout, id).given);
    expect(of('post').killed_at_ms).toBe(60_000);
    expect(of('post-63s')).toMatchObject({ errno: 'ETIMEDOUT', returned_at_ms: 63_000 });
    expect(of('refused')).toMatchObject({ errno: 'ECONNREFUSED', returned_at_ms: 24 });
    expect(of('rejected')).toMatchObject({ errno: 'EHOSTUNREACH', returned_at_ms: 24 });
    expect(of('first-syn-lost')).toMatchObject({ errno: 'ECONNREFUSED', returned_at_ms: 1024 });
    expect(of('absent')).toMatchObject({ errno: 'EHOSTUNREACH', returned_at_ms: 3000, syn_times_ms: [] });
    expect(of('sndtimeo')).toMatchObject({ errno: 'EINPROGRESS', returned_at_ms: 5000 });
    expect(of('poll')).toMatchObject({ errno: 'EINPROGRESS', returned_at_ms: 5000 });
    expect(of('user-timeout')).toMatchObject({ errno: 'ETIMEDOUT', returned_at_ms: 5000 });
    expect(of('fewer-retries')).toEqual(timedOut([0, 1, 2, 3, 4, 5], 7000));
    expect(of('today')).toMatchObject({ errno: 'ETIMEDOUT', returned_at_ms: 131_000 });
  });
});

describe('the story', () => {
  it("reads, beat by beat, as the post's incident", () => {
    const { beats, events } = run({ kernel: '3.2', heartbeat_s: 2 });
    expect(beats.map((index) => plain(events[index]?.says ?? ''))).toEqual([
      'The first SYN goes out. Linux waits 1 s; then it tries again. The supervisor has 2 s of patience left.',
      'connect() goes to sleep. No SO_SNDTIMEO is set: it sleeps until an answer, or until the kernel gives up.',
      'No answer for 1 s. The second SYN goes out. Linux doubles the wait to 2 s; then it tries again. The supervisor has 1 s of patience left.',
      'The heartbeat has had no answer for 2 s. The supervisor kills the worker, who is still asleep in connect().',
    ]);
  });

  const sentences = (given: Given) => run(given).events.map(({ says }) => plain(says));

  it('does not say "no second try" of a reset that answers the second SYN', () => {
    const told = sentences({ peer: 'refuses', lose_first: 1 });
    expect(told).toContainEqual(expect.stringContaining('The second SYN goes out'));
    expect(told.filter((says) => says.includes('no second try'))).toEqual([]);
  });

  it('speaks of one retransmission in the singular', () => {
    const told = sentences({ kernel: '6.1', tcp_syn_retries: 1 });
    expect(told.filter((says) => /\b1 retransmissions/.test(says))).toEqual([]);
  });

  it('calls a SYN-ACK that comes late to the client a SYN-ACK', () => {
    // The worker of this incident is done when it is connected: on a bench the connection stays.
    const bench = new Bench();
    bench.connected();
    bench.synAck();
    const late = bench.events.filter(({ says }) => says.includes('comes late'));
    expect(late.length).toBeGreaterThan(0);
    expect(late.filter(({ says }) => says.includes('a SYN that comes late'))).toEqual([]);
  });
});
