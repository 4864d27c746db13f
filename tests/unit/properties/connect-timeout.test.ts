import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Earlier,
  type Given,
  maxOf,
  type Parameter,
  type ParameterValue,
  type Schema,
  settleParameters,
} from '#simulations/engine/parameters.ts';
import type { ConnectTimeoutParameters } from '#simulations/incidents/connect-timeout/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { tools } from '#simulations/incidents/connect-timeout/tools.ts';
import { KERNELS, type KernelVersion } from '#simulations/kernel/profile.ts';
import { transitions } from '#simulations/kernel/tcp/transitions.ts';
import type { MachineState } from '#simulations/machine/state.ts';
import { rulesFor } from './rules.ts';

const schema: Schema = connectTimeout.parameters;
const ANY_KERNEL = { kernel: '6.12' };

/** Values of one parameter: mostly its default, else near an end, small, or anywhere. */
function anyValueOf(parameter: Parameter): fc.Arbitrary<ParameterValue | undefined> {
  const other: fc.Arbitrary<ParameterValue> =
    parameter.type === 'boolean'
      ? fc.boolean()
      : parameter.type === 'choice'
        ? fc.constantFrom(...Object.keys(parameter.choices))
        : parameter.type === 'list'
          ? fc.constant(parameter.default)
          : integer(parameter.min, maxOf(parameter, ANY_KERNEL));
  return fc.oneof(fc.constant(undefined), { arbitrary: other, weight: parameter.type === 'integer' ? 1 : 2 });
}

const integer = (min: number, max: number) =>
  fc.oneof(
    { arbitrary: fc.integer({ min, max: Math.min(max, 8) }), weight: 4 },
    { arbitrary: fc.integer({ min, max: Math.min(max, 9000) }), weight: 3 },
    {
      arbitrary: fc.constantFrom(min, Math.min(max, 1000), Math.min(max, 3000), Math.min(max, 7000)),
      weight: 2,
    },
    { arbitrary: fc.integer({ min, max }), weight: 1 },
  );

/** Sound parameters, made from the schema; what depends on the kernel is cut to what the kernel allows. */
const anyParameters: fc.Arbitrary<ConnectTimeoutParameters> = fc
  .record(
    Object.fromEntries(Object.entries(schema).map(([name, parameter]) => [name, anyValueOf(parameter)])),
  )
  .map((drawn) => {
    const given: Record<string, ParameterValue> = {};
    for (const [name, parameter] of Object.entries(schema)) {
      const value = drawn[name];
      if (value === undefined) continue;
      const kernel = given.kernel ?? parameters({}).kernel;
      given[name] =
        parameter.type === 'integer'
          ? Math.min(Number(value), maxOf(parameter, { kernel } as Earlier))
          : (value as ParameterValue);
    }
    return parameters(given);
  });

function parameters(given: Given): ConnectTimeoutParameters {
  const { values, problems } = settleParameters(connectTimeout.parameters, given);
  expect(problems).toEqual([]);
  return values;
}

const always = rulesFor(anyParameters, (p) => connectTimeout.run(p), { seed: 20_260, numRuns: 2000 });

describe('every run', () => {
  it('ends, with the worker back or killed, and nothing left in SYN_SENT', () => {
    always(({ events, outcome, worldAt }, p) => {
      const { processes, sockets } = worldAt(events.length).machines.client as MachineState;
      const [worker] = processes.values();
      expect(worker?.status).toBe(outcome.killed_at_ms === null ? 'exited' : 'killed');
      // The kernel has closed what the worker had.
      expect([...sockets.values()]).toEqual([]);
      expect(outcome.returned_at_ms === null).toBe(outcome.killed_at_ms !== null);
      if (outcome.killed_at_ms !== null)
        expect([outcome.killed_at_ms, outcome.errno]).toEqual([p.heartbeat_s * 1000, null]);
    });
  });

  it('has time in whole microseconds that never runs back', () => {
    always(({ events }) => {
      let before = 0;
      for (const [i, { index, at_us }] of events.entries()) {
        if (index !== i || !Number.isInteger(at_us) || at_us < before) expect.fail(`event ${i} at ${at_us}`);
        before = at_us;
      }
    });
  });

  it('is the same for the same parameters, and comes out the same with another seed', () => {
    always((run, p) => {
      expect(connectTimeout.run(p).hash).toBe(run.hash);
      const other = connectTimeout.run({ ...p, seed: (p.seed + 1) % 2 ** 32 });
      expect(other.outcome).toEqual(run.outcome);
      expect(other.hash).not.toBe(run.hash);
      expect(other.events.map(({ kind }) => kind)).toEqual(run.events.map(({ kind }) => kind));
    }, 1000);
  });
});

describe('the SYNs of any run', () => {
  it('begin at 0 or never, come 1 to 120 s apart, and are no more than the limits allow', () => {
    always(({ outcome: { syn_times_ms, returned_at_ms, killed_at_ms } }, p) => {
      const hasNoRoute = p.first_aid === 'route-unreachable' && p.first_aid_at_ms === 0;
      if (p.peer === 'absent' || hasNoRoute) expect(syn_times_ms).toEqual([]);
      else expect(syn_times_ms[0]).toBe(0);
      for (let i = 1; i < syn_times_ms.length; i++) {
        const gap_ms = (syn_times_ms[i] as number) - (syn_times_ms[i - 1] as number);
        if (gap_ms < 1000 || gap_ms > 120_000) expect.fail(`a gap of ${gap_ms} ms`);
      }
      const retries = p.tcp_syncnt || p.tcp_syn_retries;
      expect(syn_times_ms.length).toBeLessThanOrEqual(retries + p.tcp_syn_linear_timeouts + 1);
      // A worker that is gone has closed its socket, so nothing is sent for it any more.
      expect(syn_times_ms.at(-1) ?? 0).toBeLessThanOrEqual(returned_at_ms ?? killed_at_ms ?? -1);
    });
  });
});

describe('the outcome of any run', () => {
  const OWN: Record<string, (string | null)[]> = {
    drops: [],
    refuses: ['ECONNREFUSED'],
    listens: [null],
    'rejects-reset': ['ECONNREFUSED'],
    'rejects-port': ['ECONNREFUSED'],
    'rejects-host': ['EHOSTUNREACH'],
    'rejects-net': ['ENETUNREACH'],
    'rejects-admin': ['EHOSTUNREACH', 'EACCES'],
    absent: ['EHOSTUNREACH'],
  };
  const BY_AID: Record<string, string[]> = {
    'ss-kill': ['ECONNABORTED'],
    'route-unreachable': ['EHOSTUNREACH'],
  };

  it("has an errno that this peer, the timer, first aid or the worker's own bound can give", () => {
    always(({ outcome }, p) => {
      if (outcome.killed_at_ms !== null) return;
      const bounded = p.nonblocking ? p.poll_timeout_ms >= 0 : p.so_sndtimeo_ms > 0;
      const allowed = [
        'ETIMEDOUT',
        ...(OWN[p.peer] ?? []),
        ...(BY_AID[p.first_aid] ?? []),
        ...(bounded ? [p.connects > 1 ? 'EALREADY' : 'EINPROGRESS'] : []),
      ];
      expect(allowed).toContain(outcome.errno);
    });
  });

  it('is EACCES over IPv6 alone, and ECONNABORTED at the moment of ss -K alone', () => {
    always(({ outcome: { errno, returned_at_ms } }, p) => {
      if (errno === 'EACCES') expect([p.family, p.peer]).toEqual(['inet6', 'rejects-admin']);
      if (errno === 'ECONNABORTED')
        expect([p.first_aid, p.first_aid_at_ms]).toEqual(['ss-kill', returned_at_ms]);
    });
  });

  it('does not depend on the family but for an administrator’s errno, and ICMP errors after a backed-off timer', () => {
    always(({ outcome }, p) => {
      const isReverted = p.peer === 'rejects-host' || p.peer === 'rejects-net' || p.peer === 'absent';
      if (isReverted || p.peer === 'rejects-admin') return;
      const other = connectTimeout.run({ ...p, family: p.family === 'inet' ? 'inet6' : 'inet' });
      expect(other.outcome).toEqual(outcome);
    }, 500);
  });

  it('never comes later than the tightest bound there is', () => {
    always(({ outcome }, p) => {
      const bounds = [byCount_ms(p)];
      if (p.peer === 'absent') bounds.push(3000);
      if (p.tcp_user_timeout_ms && KERNELS[p.kernel as KernelVersion].user_timeout === 'honoured')
        bounds.push(Math.max(p.tcp_user_timeout_ms, 1004));
      if (p.nonblocking && p.poll_timeout_ms >= 0) bounds.push(p.connects * p.poll_timeout_ms);
      if (!p.nonblocking && p.so_sndtimeo_ms) bounds.push(p.connects * p.so_sndtimeo_ms);
      if (p.heartbeat_s) bounds.push(p.heartbeat_s * 1000);
      expect(outcome.returned_at_ms ?? outcome.killed_at_ms).toBeLessThanOrEqual(Math.min(...bounds));
    });
  });

  /** The waits before and after every retransmission that the count allows, added up. */
  function byCount_ms(p: ConnectTimeoutParameters): number {
    let total_s = 0;
    const retries = p.tcp_syncnt || p.tcp_syn_retries;
    for (let i = 0; i <= retries + p.tcp_syn_linear_timeouts; i++)
      total_s += i <= p.tcp_syn_linear_timeouts ? 1 : Math.min(120, 2 ** (i - p.tcp_syn_linear_timeouts));
    return total_s * 1000;
  }
});

describe('the events of any run', () => {
  const kernel = JSON.parse(readFileSync(new URL('../../../content/kernel.json', import.meta.url), 'utf8'));
  const legal = new Set(transitions.map(({ from, to }) => `${from} ${to}`));

  it('change state only as TCP allows', () => {
    always(({ events }) => {
      let state: unknown = 'CLOSE';
      for (const event of events) {
        if (event.kind !== 'state-changed') continue;
        const { from, to } = event.data;
        if (!legal.has(`${from} ${to}`)) expect.fail(`${event.actor}: ${from} → ${to}`);
        if (event.actor !== 'client') continue;
        expect(from).toBe(state);
        state = to;
      }
    });
  });

  it('name kernel lines that the excerpts have', () => {
    const used = new Set<string>();
    always(({ events }) => {
      for (const { mark } of events) if (mark) used.add(mark);
    });
    expect(used.size).toBeGreaterThan(20);
    const missing = [...used].filter((mark) => {
      const [excerpt = '', name = ''] = mark.split(':');
      return !Object.hasOwn(kernel.excerpts[excerpt]?.marks ?? {}, name);
    });
    expect(missing).toEqual([]);
  });

  it('are told in whole sentences', () => {
    always(({ events }) => {
      for (const { says } of events) {
        const wrong =
          /undefined|NaN|Infinity|null|\[object| {2}|\.\.|\*\*|^\W*$/.test(says) || !/[.!?]\*?$/.test(says);
        const emphasis = says.split('*');
        if (wrong || emphasis.length % 2 === 0) expect.fail(says);
        // what is inside a pair has no blank at its ends
        for (let i = 1; i < emphasis.length; i += 2)
          if (emphasis[i] !== emphasis[i]?.trim()) expect.fail(says);
      }
    });
  });

  it('keep what a sentence about a wait promises: another try, or the end', () => {
    let kept = 0;
    always(({ events }, p) => {
      // Who lowers the sysctl breaks the promise.
      if (p.first_aid === 'sysctl') return;
      let last: unknown = null;
      let fired = false;
      for (const event of events) {
        const { kind, says } = event;
        if (kind === 'timer-fired') fired = true;
        if (kind === 'connection-established') break;
        if (fired && (kind === 'timer-set' || kind === 'connection-failed')) {
          if ((kind === 'connection-failed') !== last) expect.fail(`last wait: ${last}, yet ${says}`);
          fired = false;
          kept++;
        }
        if (event.kind !== 'timer-set') continue;
        last = event.data.last;
        if (/then it (tries|looks) again/.test(says) === last) expect.fail(says);
      }
    });
    expect(kept).toBeGreaterThan(1000);
  });

  it('let a packet arrive, be lost or be rejected once, after it was sent', () => {
    always(({ events }) => {
      const under_way = new Set<unknown>();
      for (const event of events) {
        if (event.kind === 'packet-sent') under_way.add(event.data.number);
        else if (
          event.kind === 'packet-received' ||
          event.kind === 'packet-dropped' ||
          event.kind === 'packet-rejected'
        ) {
          if (!under_way.delete(event.data.number))
            expect.fail(`event ${event.index}: packet ${event.data.number} is not under way`);
          if (event.kind === 'packet-rejected') under_way.add(event.data.answer_number);
        }
      }
    });
  });

  it('give every tool lines of events that exist', () => {
    always((run) => {
      for (const { name, lines } of tools)
        for (const { event, until, text } of lines(run))
          if (!run.events[event] || (until !== undefined && !(until > event && run.events[until])) || !text)
            expect.fail(`${name}: "${text}" from ${event} until ${until}`);
    }, 500);
  });
});
