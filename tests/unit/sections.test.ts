import { describe, expect, test } from 'vitest';
import { catalogue } from '#simulations/catalogue.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { anySimulation, type Simulation } from '#simulations/simulation.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { anyRuns, presetRuns, runOf } from './any-runs.ts';

const namesOf = ({ sections }: Trace): string[] => sections.map(({ name }) => name);

/** Every event is in one section, and the sections are in order. */
function check({ sections, events }: Trace, given: unknown): void {
  let next = 0;
  for (const { name, from, to } of sections) {
    const where = `${name} of ${JSON.stringify(given)}`;
    expect(name, where).toMatch(/^\S.*\S$/);
    expect(from, where).toBe(next);
    expect(to, where).toBeGreaterThanOrEqual(from);
    next = to + 1;
  }
  expect(next, JSON.stringify(given)).toBe(events.length);
}

const named = (name: string): Simulation => catalogue[name] as Simulation;
const preset = (name: string, id: string): string[] => {
  const given = named(name).presets.find((each) => each.id === id)?.given;
  if (!given) throw new Error(`${name} has no preset ${id}`);
  return namesOf(runOf(named(name), given));
};

describe('the sections of a run', () => {
  test.each(Object.entries(catalogue))(
    'of %s hold each event once, in order, in any run',
    (_, simulation) => {
      for (const { trace, given } of presetRuns(simulation)) check(trace, given);
      const runs = anyRuns(simulation, 100);
      expect(runs.length).toBeGreaterThan(25);
      for (const { trace, given } of runs) check(trace, given);
    },
  );
});

describe('are named by what happened:', () => {
  test('each SYN and what ended the attempt', () => {
    const syns = (n: number) => Array.from({ length: n }, (_, i) => `SYN ${i + 1}`);
    expect(preset('connect-timeout', 'post')).toEqual(['the call', ...syns(6), 'the end']);
    expect(preset('connect-timeout', 'today')).toEqual(['the call', ...syns(11), 'the end']);
    expect(preset('connect-timeout', 'first-syn-lost')).toEqual(['the call', ...syns(2), 'the answer']);
    expect(preset('connect-timeout', 'poll')).toEqual(['the call', ...syns(5), 'the end']);
  });

  test('ARP requests where no SYN can leave', () => {
    const requests = [1, 2, 3].map((n) => `ARP request ${n}`);
    expect(preset('connect-timeout', 'absent')).toEqual(['the call', ...requests, 'the end']);
  });

  test('solicitations over IPv6', () => {
    const trace = runOf(anySimulation(connectTimeout), { kernel: '6.12', family: 'inet6', peer: 'absent' });
    const solicitations = [1, 2, 3].map((n) => `neighbor solicitation ${n}`);
    expect(namesOf(trace)).toEqual(['the call', ...solicitations, 'the end']);
  });

  test('first aid by root, which ends the attempt or does not', () => {
    expect(preset('connect-timeout', 'ss-kill').slice(-2)).toEqual(['SYN 9', 'the end']);
    expect(preset('connect-timeout', 'route-unreachable').slice(-3)).toEqual([
      'SYN 9',
      'first aid',
      'the end',
    ]);
  });

  test('a connection that comes up and is closed', () => {
    const trace = runOf(anySimulation(connectTimeout), { peer: 'listens', lose_first: 1 });
    expect(namesOf(trace)).toEqual(['the call', 'SYN 1', 'SYN 2', 'the answer', 'the connection closes']);
  });

  test('a wait for each SYN, which ends with the section', () => {
    const { sections, waits } = runOf(anySimulation(connectTimeout), { kernel: '6.12' });
    const timers = waits.filter(({ kind }) => kind === 'timer');
    const syns = sections.filter(({ name }) => name.startsWith('SYN'));
    expect(syns).toHaveLength(timers.length);
    for (const [i, { from, to }] of syns.entries()) {
      expect(timers[i]?.from).toBeGreaterThan(from);
      expect(timers[i]?.from).toBeLessThanOrEqual(to);
      expect(timers[i]?.until).toBe(to + 1);
    }
  });

  test('the pile that grows', () => {
    const fill = ['the pipe fills', 'workers fall asleep', 'all workers sleep', 'the pile grows'];
    expect(preset('close-wait-pipe', 'incident')).toEqual(fill);
    expect(preset('close-wait-pipe', 'post')).toEqual(['sshd still reads', ...fill]);
    expect(preset('close-wait-pipe', 'emfile')).toEqual([
      ...fill,
      'no descriptors left',
      'the accept queue is full',
    ]);
    expect(preset('close-wait-pipe', 'recovers')).toEqual([
      ...fill,
      'somebody reads again',
      'the pile is gone',
    ]);
    expect(preset('close-wait-pipe', 'inline')).toEqual([
      'the pipe fills',
      'the thread sleeps',
      'the accept queue is full',
      'the pile grows',
    ]);
    expect(preset('close-wait-pipe', 'drained')).toEqual(['requests are answered']);
  });

  test('what the pipe is', () => {
    expect(preset('pipe-buffer', 'burst')).toEqual(['filling', 'full']);
    expect(preset('pipe-buffer', 'slow-reader')).toEqual(['filling', 'full', 'drained and filled again']);
    expect(preset('pipe-buffer', 'reader-dies')).toEqual(['filling', 'full', 'the reader is gone']);
    expect(preset('pipe-buffer', 'no-reader')).toEqual(['writing', 'the reader is gone']);
  });

  test('what the reader of the explorer does', () => {
    expect(preset('tcp-states', 'close')).toEqual(['opening', 'closing']);
    expect(preset('tcp-states', 'half-close')).toEqual(['opening', 'closing']);
    const history = [
      'client.send,server.listen,client.connect,deliver.1,deliver.2,deliver.3,server.accept',
      'client.send,deliver.4,client.abort,deliver.6,client.connect',
    ].join(',');
    expect(namesOf(runOf(named('tcp-states'), { history }))).toEqual([
      'opening',
      'data',
      'closing',
      'opening',
    ]);
  });

  test('the handshake, each request, and the end', () => {
    expect(preset('nagle-delayed-ack', 'post')).toEqual([
      'the server listens',
      'handshake',
      'request 1',
      'request 2',
      'request 3',
      'request 4',
      'the connection closes',
    ]);
    expect(preset('nagle-delayed-ack', 'short')[1]).toBe('request 1');
  });
});
