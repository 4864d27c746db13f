/** The explorer of TCP’s states: its model, its tours, and what the page makes of them. */
import { describe, expect, test } from 'vitest';
import { itemsOf, settleParameters } from '#simulations/engine/parameters.ts';
import { states, transitions } from '#simulations/kernel/tcp/transitions.ts';
import { tcpStates } from '#simulations/reference/tcp-states/simulation.ts';
import { tours } from '#simulations/reference/tcp-states/tours.ts';
import { account } from '#site/explorer/account.ts';
import { placeOf, queryOf } from '#site/explorer/address.ts';
import { obstacle } from '#site/explorer/calls.ts';
import { arrows, diagram, words } from '#site/explorer/diagram.ts';
import { PLACES, ROUTES } from '#site/explorer/layout.ts';
import { momentAt, stepEnds } from '#site/explorer/moment.ts';
import { socketLines } from '#site/explorer/socket-line.ts';
import { act, moveTo, onTour, START } from '#site/explorer/walk.ts';
import { spent_ms } from '../../spent.ts';

const run = (history: string) => tcpStates.run({ history });
const historyOf = (id: string) => String(tours.find((tour) => tour.id === id)?.given.history);
const OPEN = historyOf('handshake');

/** The lines of ss at both ends after a history. */
function ssAfter(history: string) {
  const trace = run(history);
  const moment = momentAt(trace, itemsOf(history).length);
  const lines = (end: 'client' | 'server') =>
    socketLines(moment[end], moment.at_us).lines.map((line) => line.replace(/ +/g, ' '));
  return { client: lines('client'), server: lines('server') };
}

describe('a tour', () => {
  for (const { id, given, ends, remarks } of tours) {
    test(`${id} ends in the states that it says`, () => {
      const { outcome } = run(String(given.history));
      expect({ client: outcome.client, server: outcome.server }).toEqual(ends);
      expect(outcome.in_flight).toEqual([]);
    });

    test(`${id} is made of sound words, and its remarks belong to its steps`, () => {
      expect(settleParameters(tcpStates.parameters, given).problems).toEqual([]);
      const steps = itemsOf(String(given.history)).length;
      for (const step of Object.keys(remarks)) expect(Number(step)).toBeLessThanOrEqual(steps);
    });
  }

  test('has no step without effect, but for the wait that shows that no timer runs', () => {
    const idle = tours.map(({ id, given }) => [id, run(String(given.history)).outcome.without_effect]);
    expect(idle.filter(([, steps]) => steps?.length)).toEqual([['close-wait', [11]]]);
  });

  test('reaches every state of the machine, with the others', () => {
    const reached = new Set(['CLOSE']);
    for (const { given } of tours)
      for (const event of run(String(given.history)).events)
        if (event.kind === 'state-changed') reached.add(event.data.to);
    expect([...reached].sort()).toEqual([...states].sort());
  });

  test('tells every step in a sentence', () => {
    for (const { id, given } of tours) {
      const trace = run(String(given.history));
      for (let step = 0; step < stepEnds(trace).length; step++)
        expect(account(momentAt(trace, step)), `${id}, step ${step}`).toMatch(/^([A-Z“\d]|\w+\(\)).*\.\*?$/s);
    }
  });
});

describe('a history', () => {
  test('begins with the events of every shorter one', () => {
    for (const { given } of tours) {
      const whole = itemsOf(String(given.history));
      const { events } = run(whole.join(','));
      for (let length = 0; length < whole.length; length++) {
        const shorter = run(whole.slice(0, length).join(',')).events;
        expect(events.slice(0, shorter.length)).toEqual(shorter);
      }
    }
  });

  test('is not changed by words without effect', () => {
    for (const word of [
      'deliver.99',
      'drop.99',
      'delay.99',
      'duplicate.99',
      'client.listen',
      'server.connect',
    ]) {
      const plain = run(OPEN).outcome;
      const { without_effect, ...rest } = run(`${OPEN},${word}`).outcome;
      expect(without_effect, word).toEqual([7]);
      expect({ ...rest, without_effect: [] }, word).toEqual(plain);
    }
  });

  test('of waits alone does nothing', () => {
    const { outcome } = run('wait,wait');
    expect(outcome).toEqual({ client: 'CLOSE', server: 'CLOSE', in_flight: [], without_effect: [1, 2] });
  });

  test('fires no timer unless it waits', () => {
    const busy = Array.from({ length: 190 }, () => 'server.read').join(',');
    const { events } = run(`${OPEN},client.close,${busy}`);
    expect(events.filter(({ kind }) => kind === 'timer-fired')).toEqual([]);
  });

  test('of sixty steps runs quickly', () => {
    const steps = itemsOf(OPEN);
    for (let n = 4; steps.length < 60; n += 2) steps.push('client.send', `deliver.${n}`, 'server.read');
    run(steps.join(','));
    const began = process.cpuUsage();
    for (let i = 0; i < 5; i++) run(steps.join(','));
    expect(spent_ms(began) / 5).toBeLessThan(50);
  });
});

describe('an end', () => {
  test('cannot take a port that a record still holds', () => {
    const trace = run(`${historyOf('close').replace(/,wait$/, '')},client.connect`);
    const last = momentAt(trace, itemsOf(historyOf('close')).length);
    expect(account(last)).toContain('EADDRINUSE');
    expect(last.client.connection).toBe('TIME_WAIT');
  });

  test('keeps listener and connection apart', () => {
    const moment = momentAt(run(`${OPEN},client.close,deliver.4,server.close,server.close`), 10);
    expect(moment.server).toMatchObject({ connection: 'LAST_ACK', hasListener: false });
  });

  test('resets a half-open connection that a new SYN meets', () => {
    const { outcome } = run(`${OPEN},client.abort,drop.4,client.connect,deliver.5,deliver.6,deliver.7`);
    expect(outcome).toMatchObject({ client: 'SYN_SENT', server: 'CLOSE' });
  });

  test('has calls that make sense, and a reason for each that does not', () => {
    const open = momentAt(run(OPEN), 6);
    expect(obstacle('send', open.client)).toBeNull();
    expect(obstacle('close', open.server)).toBeNull();
    expect(obstacle('connect', open.client)).toMatch(/close\(\) it first/);
    expect(obstacle('accept', open.client)).toBe('Nothing listens here.');
    const nothing = momentAt(run(''), 0);
    expect(obstacle('connect', nothing.client)).toBeNull();
    expect(obstacle('read', nothing.client)).toMatch(/no connection/);
  });
});

describe('ss', () => {
  test('counts a connection that waits for accept() in the listener’s Recv-Q', () => {
    expect(ssAfter(OPEN.replace(/,server.accept$/, '')).server[0]).toBe('LISTEN 1 1 0.0.0.0:80 0.0.0.0:*');
    expect(ssAfter(OPEN).server[0]).toBe('LISTEN 0 1 0.0.0.0:80 0.0.0.0:*');
  });

  test('counts the FIN as one byte until a read() takes it', () => {
    const closed = `${OPEN},client.close,deliver.4`;
    expect(ssAfter(closed).server[1]).toMatch(/^CLOSE-WAIT 1 0 /);
    expect(ssAfter(`${closed},server.read`).server[1]).toMatch(/^CLOSE-WAIT 0 0 /);
    expect(ssAfter(`${closed},server.close`).server[1]).toMatch(/^LAST-ACK 1 1 .* timer:\(on,\d+ms,0\)$/);
  });

  test('has nothing left after a read() that had room for all and the FIN', () => {
    const closed = `${OPEN},client.send,deliver.4,client.close,deliver.6`;
    expect(ssAfter(closed).server[1]).toMatch(/^CLOSE-WAIT 101 0 /);
    expect(ssAfter(`${closed},server.read`).server[1]).toMatch(/^CLOSE-WAIT 0 0 /);
  });

  test('shows the timer of a record, and nothing when it is gone', () => {
    const { client } = ssAfter(`${OPEN},client.close,deliver.4,deliver.5`);
    expect(client).toEqual(['FIN-WAIT-2 0 0 192.0.2.1:40000 192.0.2.2:80 timer:(timewait,1min,0)']);
    expect(ssAfter(historyOf('close')).client).toEqual([]);
  });

  test('knows when a record begins its minute again', () => {
    const again = historyOf('lost-last-ack').replace(/,deliver.9$/, '');
    const due = (history: string) => {
      const moment = momentAt(run(history), itemsOf(history).length);
      return { record: moment.client.recordDue_us, left: moment.timer?.left_us, at: moment.at_us };
    };
    const { record, at } = due(again);
    expect(record).toBe(at + 60_000_000);
    const done = due(historyOf('lost-last-ack'));
    expect(done.at + Number(done.left)).toBe(record);
  });

  test('shows no timer where a program waits in FIN_WAIT2', () => {
    const { client } = ssAfter(`${OPEN},client.shutdown,deliver.4,deliver.5`);
    expect(client).toEqual(['FIN-WAIT-2 0 0 192.0.2.1:40000 192.0.2.2:80']);
  });
});

describe('the diagram', () => {
  const picture = diagram();

  test('has every state and every arrow of the machine, and no other', () => {
    const drawn = (name: string) =>
      [...picture.matchAll(new RegExp(`data-${name}="([^"]+)"`, 'g'))].map(([, value]) => value).sort();
    expect(drawn('state')).toEqual([...states].sort());
    expect(drawn('arrow')).toEqual([...new Set(transitions.map(({ from, to }) => `${from} ${to}`))].sort());
  });

  test('has a place by hand for each of them', () => {
    expect(states.filter((state) => !PLACES[state])).toEqual([]);
    expect(arrows().filter(({ from, to }) => !ROUTES[`${from} ${to}`])).toEqual([]);
  });

  test('writes each event beside its arrow', () => {
    for (const { taken } of arrows()) {
      const text = words(taken).join(' ');
      for (const { sends } of taken) if (sends) expect(text).toContain(`/ ${sends}`);
    }
    expect(words(transitions.filter(({ from, to }) => from === 'ESTABLISHED' && to === 'FIN_WAIT1'))).toEqual(
      ['close(),', 'shutdown() / FIN'],
    );
  });
});

describe('a link', () => {
  test('leads back to a walk, and to the moment looked at', () => {
    for (const walk of [
      START,
      { ...START, history: itemsOf(OPEN), at: 6 },
      { ...START, history: itemsOf(OPEN), at: 2 },
      moveTo(onTour('close'), 5),
      onTour('half-close'),
    ])
      expect(placeOf(queryOf(walk))).toEqual({ walk, problems: [] });
  });

  test('that is broken keeps what is sound, and says what is wrong', () => {
    const { walk, problems } = placeOf('?v=0&history=server.listen,client.dance,deliver.N&at=9&z=1');
    expect(walk).toEqual({ history: ['server.listen'], at: 1, tour: null });
    expect(problems.join('\n')).toMatch(
      /another version[\s\S]*“z”[\s\S]*“client.dance”, “deliver.N” are[\s\S]*step 9/,
    );
  });

  test('to a tour that is not there opens the first one, or the history beside it', () => {
    expect(placeOf('?tour=nowhere').walk.tour).toBe('handshake');
    expect(placeOf('?tour=nowhere&history=wait').walk.history).toEqual(['wait']);
    expect(placeOf('?tour=nowhere').problems).toHaveLength(1);
  });

  test('with too many steps is cut', () => {
    const { walk, problems } = placeOf(`?history=${Array(300).fill('wait').join(',')}`);
    expect(walk.history).toHaveLength(200);
    expect(problems).toHaveLength(1);
  });
});

describe('a walk', () => {
  test('forgets what was undone when something else is done', () => {
    const walk = act(act(act(START, 'a'), 'b'), 'c');
    expect(act(moveTo(walk, 1), 'd')).toEqual({ history: ['a', 'd'], at: 2, tour: null });
    expect(act(moveTo(walk, 1), 'b')).toEqual({ ...walk, at: 2 });
  });

  test('stays on its tour as long as it does the tour’s next step', () => {
    const tour = onTour('handshake');
    expect(act(tour, 'server.listen')).toMatchObject({ tour: 'handshake', at: 1 });
    expect(act(tour, 'client.connect')).toMatchObject({ tour: null, at: 1 });
  });
});
