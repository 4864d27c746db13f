import type { CollectionEntry } from 'astro:content';
import { describe, expect, it } from 'vitest';
import { symptomsOf } from '#site/symptoms.ts';

type Incident = CollectionEntry<'incidents'>;

/** A chapter of which only the symptoms count. */
const incident = (id: string, number: number, data: Partial<Incident['data']>): Incident =>
  ({
    id,
    data: { number, title: id, symptoms: [], errno: [], states: [], waits: [], leads: {}, ...data },
  }) as unknown as Incident;

describe('the symptoms of the home page', () => {
  it('name one state once, with every chapter that has it', () => {
    const { states } = symptomsOf([
      incident('connect-timeout', 1, { states: ['SYN-SENT'] }),
      incident('close-wait-pipe', 3, { states: ['CLOSE-WAIT', 'SYN-SENT'] }),
    ]);
    expect(states.map(({ text, leads }) => [text, leads.map(({ number }) => number)])).toEqual([
      ['SYN-SENT', [1, 3]],
      ['CLOSE-WAIT', [3]],
    ]);
  });

  it('compute how long a wait is, and order them', () => {
    const { waits } = symptomsOf([
      incident('connect-timeout', 1, {
        waits: [
          { given: { kernel: '3.2' }, field: 'returned_at_ms' },
          { given: { peer: 'absent' }, field: 'returned_at_ms' },
        ],
      }),
      incident('nagle-delayed-ack', 2, { waits: [{ given: { requests: 2 }, field: 'latencies_ms', at: 2 }] }),
      incident('close-wait-pipe', 3, { waits: [{ given: {}, call: 'write' }] }),
    ]);
    expect(waits.map(({ text }) => text)).toEqual(['40 ms', '3 s', '63 s', 'for ever']);
    expect(waits.map(({ ms }) => ms)).toEqual([40, 3000, 63_000, Number.POSITIVE_INFINITY]);
  });

  it('do not say “for ever” where somebody is woken', () => {
    const drained = { given: { reader: 'draining' }, call: 'write' };
    expect(() => symptomsOf([incident('close-wait-pipe', 3, { waits: [drained] })])).toThrow(
      /close-wait-pipe: nobody sleeps in write\(\) for ever/,
    );
  });

  it('lead to the first step of the playbook, or to the one that the chapter names', () => {
    const { errors } = symptomsOf([
      incident('connect-timeout', 1, {
        errno: ['ETIMEDOUT', 'ECONNREFUSED'],
        leads: { ECONNREFUSED: 'capture' },
      }),
    ]);
    expect(errors.map(({ leads }) => leads[0]?.href)).toEqual([
      '/incidents/connect-timeout/#waiting',
      '/incidents/connect-timeout/#capture',
    ]);
  });

  it('lead to no step that the playbook has not', () => {
    const wrong = incident('connect-timeout', 1, { errno: ['EPIPE'], leads: { EPIPE: 'other-end' } });
    expect(() => symptomsOf([wrong])).toThrow(/to the step "other-end": its playbook has waiting, no-socket/);
  });

  it('lead to the chapter where there is no playbook', () => {
    const { errors } = symptomsOf([incident('tcp-states', 9, { errno: ['EPIPE'] })]);
    expect(errors[0]?.leads[0]?.href).toBe('/incidents/tcp-states/');
  });

  it('lead from nothing that is no symptom', () => {
    const wrong = incident('connect-timeout', 1, { errno: ['ETIMEDOUT'], leads: { ETIMEOUT: 'capture' } });
    expect(() => symptomsOf([wrong])).toThrow(/leads from “ETIMEOUT”, which is none of its symptoms/);
  });
});
