import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { type EventKind, type EventOfKind, plain } from '#simulations/trace/event.ts';
import { madeOnce } from '../../made-once.ts';
import { presetOf } from '../../preset.ts';
import { momentOf } from './pile-up.ts';

const made = madeOnce((given: Given) => {
  const { values, problems } = settleParameters(closeWaitPipe.parameters, given);
  expect(problems).toEqual([]);
  const trace = closeWaitPipe.run(values);
  const { events } = trace;
  const first = <K extends EventKind>(kind: K) => {
    const event = events.find((one): one is EventOfKind<K> => one.kind === kind);
    if (!event) throw new Error(`no ${kind}`);
    return {
      ...event,
      at_s: event.at_us / 1e6,
      text: plain(event.says),
      moment: momentOf(trace, event.index),
    };
  };
  return {
    ...trace,
    first,
    end: momentOf(trace, events.length),
    kinds: new Set(events.map(({ kind }) => kind)),
  };
});
const run = (given: Given = {}) => made(given);
const outcome = (given: Given = {}) => run(given).outcome;
const preset = (id: string) => {
  const { given, help } = presetOf(closeWaitPipe, id);
  return { ...run(given), help };
};

/** Four lines fit; clients come every 200 ms and wait 1.15 s, so no two things happen at once. */
const FEW = {
  requests_per_s: 5,
  client_timeout_ms: 1150,
  log_bytes: 4096,
  pipe_size_bytes: 16_384,
  duration_s: 10,
};

describe('while the pipe has room', () => {
  it('every client is answered, and nothing is left at the server', () => {
    const { outcome, end } = run({ duration_s: 54 });
    expect(outcome).toMatchObject({ served: 540, blocked_workers: 0, close_wait: 0, accept_queue: 0 });
    expect(end.connections).toMatchObject({ established: 0, open_fds: 4, pool_queue: 0 });
  });

  it('544 lines of 120 bytes go in, and the next one blocks', () => {
    const { outcome, first } = run();
    expect(outcome.served).toBe(544);
    expect(first('asleep').moment.pipe).toMatchObject({ held_bytes: 544 * 120, free_bytes: 256 });
    expect(first('asleep').at_s).toBe(54.4);
  });

  it('a server that closes first keeps its side in TIME_WAIT for 60 s, without a descriptor', () => {
    const { end } = run({ duration_s: 50, reader: 'draining' });
    expect(end.connections).toMatchObject({ time_wait: 500, open_fds: 4 });
    expect(run({ duration_s: 120, reader: 'draining' }).end.connections.time_wait).toBeLessThanOrEqual(600);
  });
});

describe('once the pipe is full', () => {
  it('the workers fall asleep one by one, and stay', () => {
    const { outcome, end, first } = run();
    expect(outcome.blocked_workers).toBe(10);
    expect(first('all-asleep').at_s).toBe(55.3);
    for (let i = 1; i <= 10; i++)
      expect(end.threads[`worker ${i}`]).toMatchObject({ status: 'asleep in write()', left_bytes: 120 });
    expect(end.threads.main?.status).toBe('in accept()');
  });

  it('the main thread goes on accepting, and what it accepts waits in the pool’s queue', () => {
    const { end, first } = run();
    expect(first('queued').at_s).toBe(55.4);
    expect(end.connections).toMatchObject({ accept_queue: 0, pool_queue: 1200 - 554, open_fds: 4 + 656 });
  });

  it('clients that give up leave CLOSE_WAIT: Recv-Q 1 where a worker had read, else the request and one', () => {
    const { close_wait, recv_q_bytes } = outcome({ request_bytes: 5000 });
    // The last client that has waited 5 s began at 115.0 s.
    expect(close_wait).toBe(1151 - 544);
    expect(recv_q_bytes).toEqual({ 1: 10, 5001: 597 });
  });

  it('nobody is in CLOSE_WAIT yet while the clients still wait', () => {
    const { outcome, end } = run({ client_timeout_ms: 3_600_000 });
    expect(outcome.close_wait).toBe(0);
    expect(end.connections.established).toBe(1200 - 544);
  });

  it('as many workers block as got a request, not more', () => {
    expect(outcome({ workers: 200, duration_s: 60 }).blocked_workers).toBe(600 - 544);
  });

  it('nothing ends it: a day later the same ten sleep', () => {
    const { outcome } = run({ ...FEW, requests_per_s: 1, duration_s: 86_400, nofile: 1_048_576 });
    expect(outcome).toMatchObject({ served: 4, blocked_workers: 10, accept_errno: null });
    expect(outcome.close_wait).toBeGreaterThan(86_000);
  });
});

describe('one thread for all', () => {
  it.each([0, 1, 5, 128])(
    'with a backlog of %i lets one more into the queue; the rest stay in SYN-SENT',
    (backlog) => {
      const { outcome, end } = run({ accepting: 'inline', backlog });
      const clients = 1200 - 544 - 1 - (backlog + 1);
      expect(outcome).toMatchObject({
        served: 544,
        blocked_workers: 1,
        accept_queue: backlog + 1,
        recv_q_bytes: { 1: 1, 301: backlog + 1 },
      });
      // Those that began connect_timeout_ms ago, at 60 s or before, have given up connecting.
      const timed_out = Math.max(0, 601 - (1200 - clients));
      expect(end.clients).toMatchObject({ syn_sent: clients - timed_out, timed_out });
    },
  );

  it('clients that give up connecting leave nothing behind', () => {
    const { outcome, end } = run({ ...FEW, accepting: 'inline', connect_timeout_ms: 50 });
    expect(outcome).toMatchObject({ syn_sent_clients: 0, close_wait: 7 });
    expect(end.clients.timed_out).toBe(50 - 4 - 7);
  });

  it.each([
    [50, 39],
    [1050, 39 + 35],
  ])('with %i ms to connect they send so many SYNs as fit, %i in all', (connect_timeout_ms, dropped) => {
    // Clients 12 to 50 find the queue full; those up to 46 have a second more before the run ends.
    const { events } = run({ ...FEW, accepting: 'inline', connect_timeout_ms });
    const singly = events.filter(({ kind }) => kind === 'syn-dropped' || kind === 'syn-again').length;
    const counted = events.reduce(
      (sum, { kind, data }) => sum + (kind === 'meanwhile' ? Number(data.dropped ?? 0) : 0),
      0,
    );
    expect(singly + counted).toBe(dropped);
  });

  it('a SYN that is sent again finds a queue that somebody has emptied', () => {
    const given = { ...FEW, accepting: 'inline', recovers_at_s: 3.7 };
    expect(run({ ...given, duration_s: 4 }).outcome.syn_sent_clients).toBeGreaterThan(0);
    expect(run({ ...given, duration_s: 12 }).outcome).toMatchObject({ syn_sent_clients: 0, close_wait: 0 });
  });

  it('the client waits its whole time after the connection is there, however long that took', () => {
    // Client 12 begins at 2.2 s, is dropped thrice, and is let in by its fourth SYN: at 5.2 s.
    const { end } = run({ ...FEW, accepting: 'inline', recovers_at_s: 4.3, duration_s: 12 });
    expect(end.clients).toMatchObject({ syn_sent: 0, waiting: 0, gave_up: 7, served: 60 - 7, timed_out: 0 });
  });

  it('a kernel gives up after 131 s where the client does not', () => {
    const given = { ...FEW, accepting: 'inline', connect_timeout_ms: 3_600_000 };
    expect(run({ ...given, duration_s: 133 }).end.clients.timed_out).toBe(0);
    expect(run({ ...given, duration_s: 134 }).end.clients.timed_out).toBeGreaterThan(0);
  });
});

describe('out of descriptors', () => {
  it('accept() says EMFILE, the main thread blocks on its error line, and the accept queue fills', () => {
    const { outcome, end, first } = run({ nofile: 64 });
    expect(outcome).toMatchObject({
      accept_errno: 'EMFILE',
      accept_queue: 6,
      close_wait: 66,
      blocked_workers: 10,
    });
    expect(end.threads.main?.status).toBe('asleep in write()');
    expect(end.connections.open_fds).toBe(64);
    expect(first('emfile').at_us).toBe(first('main-asleep').at_us);
  });

  it('accept() fails with the last descriptor taken, before the next client is there', () => {
    // 60 descriptors are left: the last goes to client 544 + 60, which connects at 60.3 s.
    const { first } = run({ nofile: 64 });
    expect(first('emfile').at_s).toBe(60.3);
    expect(first('syn-dropped').at_s).toBe(61);
  });

  it('a main thread that can write its line rests a second, and goes on', () => {
    const { outcome, end } = run({
      nofile: 14,
      reader: 'none',
      requests_per_s: 1000,
      workers: 1,
      duration_s: 5,
    });
    expect(outcome.blocked_workers).toBe(0);
    expect(end.threads.main?.status).not.toBe('asleep in write()');
  });

  it('a worker that reads a request whose client has gone takes the FIN with it: Recv-Q 0', () => {
    // With one descriptor the main thread rests a second after each client: who is accepted later has long gone.
    const { recv_q_bytes } = outcome({ ...FEW, nofile: 5, duration_s: 6 });
    expect(recv_q_bytes).toEqual({ 0: 1, 301: 6 });
  });
});

describe('who holds the read end decides', () => {
  it('nobody: every write fails at once, and every client is served', () => {
    const { outcome, kinds } = run({ reader: 'none' });
    expect(outcome).toMatchObject({ served: 1200, blocked_workers: 0, close_wait: 0, ended_by: 'duration' });
    expect(kinds).toContain('epipe');
    expect(kinds).not.toContain('asleep');
  });

  it('a reader that reads: nobody ever sleeps', () => {
    const { outcome, kinds, end } = run({ reader: 'draining' });
    expect(outcome).toMatchObject({ served: 1200, blocked_workers: 0 });
    expect(kinds).not.toContain('asleep');
    expect(end.pipe.held_bytes).toBe(0);
  });

  it('a reader that dies: all sleepers wake with EPIPE at that moment, and the pile is gone', () => {
    const { outcome, first, events, end } = run({ reader: 'dies', reader_dies_at_ms: 90_050 });
    expect(first('reader-gone').data.woken).toHaveLength(10);
    expect(first('epipe').at_s).toBe(90.05);
    expect(outcome).toMatchObject({ blocked_workers: 0, close_wait: 0, accept_errno: null });
    expect(events.filter(({ kind, at_us }) => kind === 'asleep' && at_us > 90e6)).toEqual([]);
    expect(end.connections.pool_queue).toBe(0);
    // Whoever came in the last 5 s before is answered, and all after.
    expect(outcome.served).toBe(1200 - (851 - 544));
  });

  it('a reader that dies where SIGPIPE kills: the server is gone, and with it every connection', () => {
    const { outcome, end, first } = run({ reader: 'dies', sigpipe: 'default' });
    expect(outcome).toMatchObject({ ended_by: 'SIGPIPE', close_wait: 0, blocked_workers: 0, served: 544 });
    expect(end.connections).toMatchObject({ listening: false, open_fds: 0, established: 0, accept_queue: 0 });
    expect(end.threads.main?.status).toBe('dead');
    expect(first('refused').text).toContain('ECONNREFUSED');
    expect(Number(end.clients.refused)).toBeGreaterThanOrEqual(300);
  });

  it('nobody, where SIGPIPE kills: the first line is the end', () => {
    const { outcome, first } = run({ reader: 'none', sigpipe: 'default' });
    expect(outcome).toMatchObject({ ended_by: 'SIGPIPE', served: 0 });
    expect(first('signal').at_us).toBe(0);
  });

  it('an ignored SIGPIPE and a default one are the same as long as somebody holds it', () => {
    expect(outcome({ sigpipe: 'default' })).toEqual(outcome({ sigpipe: 'ignored' }));
  });
});

describe('sshd for a client that has stopped', () => {
  const SSH = { reader: 'stalled-ssh', requests_per_s: 100, duration_s: 200, nofile: 65_536 };

  it('swallows 2,097,240 bytes of lines of 120; then 544 lines fill the pipe', () => {
    const { first, outcome } = run(SSH);
    expect(first('ssh-stopped').data.swallowed_bytes).toBe(2_097_240);
    expect(outcome.served).toBe(2_097_240 / 120 + 544);
    expect(first('asleep').moment.pipe).toMatchObject({ held_bytes: 544 * 120 });
  });

  it('swallows the same however much the socket buffers hold', () => {
    expect(run({ ...SSH, ssh_socket_bytes: 0 }).outcome).toEqual(run(SSH).outcome);
    expect(run({ ...SSH, ssh_socket_bytes: 0 }).end.channel).toMatchObject({ socket_bytes: 0, reads: false });
  });

  it('does not read at all with a window of 0: like a reader that stalls', () => {
    expect(outcome({ reader: 'stalled-ssh', ssh_window_bytes: 0 })).toEqual(outcome());
  });
});

describe('somebody reads again', () => {
  it('wakes the one who slept first, and the pile is gone at once', () => {
    const recovered = run({ recovers_at_s: 90.05 });
    const { first, outcome, events } = recovered;
    expect(first('drained').at_s).toBe(90.05);
    expect(first('drained').data.woken).toEqual([first('asleep').actor]);
    const after = events.findLast(({ at_us }) => at_us <= 90_600_000);
    expect(momentOf(recovered, after?.index ?? 0).connections).toMatchObject({
      close_wait: 0,
      pool_queue: 0,
      open_fds: 4,
    });
    expect(outcome).toMatchObject({ blocked_workers: 0, close_wait: 0 });
  });

  it('answers those who still wait, and resets the connections of those who are gone', () => {
    const { end, first } = run({ recovers_at_s: 90.05 });
    expect(end.clients).toMatchObject({ gave_up: 851 - 544, served: 1200 - (851 - 544) });
    expect(first('answered-in-vain').text).toContain('reset');
  });

  it('makes no difference to a reader that always reads, or to a pipe that nobody holds', () => {
    for (const reader of ['draining', 'none'])
      expect(outcome({ reader, recovers_at_s: 30 })).toEqual(outcome({ reader }));
  });
});

describe('the sentences', () => {
  it('name the thread, and say why it sleeps although bytes are free', () => {
    const { text, actor } = run().first('asleep');
    expect(text).toContain('all 16 slots are in use, although 256 bytes are free');
    expect(text).toContain(`${actor.replace('w', 'W')} falls asleep in write()`);
  });

  it('do not speak of free bytes where none are', () => {
    expect(run({ log_bytes: 4096 }).first('asleep').text).not.toContain('free');
  });

  it('tell what Recv-Q means where a worker had read, and where not', () => {
    const gaveUp = run().events.filter(({ kind }) => kind === 'gave-up');
    const said = gaveUp.map(({ says }) => plain(says));
    expect(said.filter((says) => says.includes('Recv-Q 1:'))).toHaveLength(1);
    expect(said.filter((says) => says.includes('Recv-Q 301:'))).toHaveLength(1);
  });

  it('give the limit that was reached: descriptors, and one more than the backlog', () => {
    const { first } = run({ nofile: 64, backlog: 7 });
    expect(first('emfile').text).toContain('64 descriptors');
    expect(first('syn-dropped').text).toContain('8 connections wait in the accept queue');
  });

  it('end with the counts of the outcome', () => {
    const { first, outcome } = run();
    const { text } = first('watch-ends');
    expect(text).toMatch(
      new RegExp(`\\b${outcome.served}\\b.*served.*\\b${outcome.close_wait}\\b.*CLOSE-WAIT`),
    );
    expect(text).toContain('No timer will wake them.');
    expect(run({ recovers_at_s: 90 }).first('watch-ends').text).not.toContain('No timer');
  });

  it('count everybody between two events once', () => {
    const { events, end } = run({ nofile: 64 });
    const told = (tally: string) =>
      events.reduce((sum, { kind, data }) => sum + (kind === 'meanwhile' ? Number(data[tally] ?? 0) : 0), 0);
    // The first of each is an event of its own.
    expect(told('connected') + 1).toBe(544 + 60 + 6);
    expect(told('answered') + 1).toBe(Number(end.clients.served));
    const singly = events.filter(({ kind }) => kind === 'gave-up').length;
    expect(told('gave up') + singly).toBe(Number(end.clients.gave_up));
  });
});

describe('the presets', () => {
  it.each(closeWaitPipe.presets.map(({ id }) => id))('%s runs, and tells a story', (id) => {
    expect(preset(id).beats.length).toBeGreaterThan(2);
  });

  it('incident: the pipe is full after 54 s', () => {
    const { first, help } = preset('incident');
    expect(help).toContain(`${Math.floor(first('asleep').at_s)} s`);
  });

  it('post: a heartbeat of each of a hundred services every five minutes, for a day and a half', () => {
    const { parameters, outcome, first } = preset('post');
    expect(Number(parameters.requests_per_s) * 300).toBeCloseTo(100, 0);
    expect(Number(parameters.duration_s)).toBe(1.5 * 24 * 3600);
    expect(first('ssh-stopped').data.swallowed_bytes).toBe(2_097_240);
    expect(outcome).toMatchObject({ blocked_workers: 10, accept_errno: null });
  });

  it('nobody: fails at once, and the server goes on', () => {
    const { outcome, first } = preset('nobody');
    expect(first('epipe').at_us).toBe(0);
    expect(outcome.served).toBe(1200);
  });

  it('dies: after 90 s, all workers wake', () => {
    const { first } = preset('dies');
    expect([first('reader-gone').at_s, first('epipe').at_s]).toEqual([90, 90]);
    expect(first('reader-gone').data.woken).toHaveLength(10);
  });

  it('inline: the accept queue fills, and later clients stay in SYN-SENT', () => {
    expect(preset('inline').outcome).toMatchObject({ accept_queue: 6, blocked_workers: 1 });
    expect(preset('inline').outcome.syn_sent_clients).toBeGreaterThan(100);
  });

  it('emfile: 256 descriptors, and the main thread blocks', () => {
    const { outcome, end } = preset('emfile');
    expect(outcome.accept_errno).toBe('EMFILE');
    expect([end.connections.open_fds, end.threads.main?.status]).toEqual([256, 'asleep in write()']);
  });

  it('stopped-ssh: takes about a minute', () => {
    const { first } = preset('stopped-ssh');
    expect(first('asleep').at_s).toBeGreaterThan(50);
    expect(first('asleep').at_s).toBeLessThan(70);
  });

  it('recovers: after 90 s', () => {
    const { first, outcome } = preset('recovers');
    expect(first('drained').at_s).toBe(90);
    expect(outcome).toMatchObject({ close_wait: 0, blocked_workers: 0 });
  });

  it('drained: nobody sleeps', () => {
    expect(preset('drained').outcome).toEqual(preset('nobody').outcome);
  });

  it('larger: only later', () => {
    const { first, outcome } = preset('larger');
    expect(first('asleep').at_s).toBe(16 * 54.4);
    expect(outcome.blocked_workers).toBe(10);
  });

  it('more-workers: all fifty, a few seconds after ten would', () => {
    const later_s =
      preset('more-workers').first('all-asleep').at_s - preset('incident').first('all-asleep').at_s;
    expect(later_s).toBe(4);
  });
});

describe('the outcome', () => {
  it('has every field explained, and no other', () => {
    expect(Object.keys(closeWaitPipe.outcome)).toEqual(Object.keys(outcome()));
    for (const help of Object.values(closeWaitPipe.outcome)) expect(help).toMatch(/^\S.*[^.]$/);
  });
});

describe('ten thousand clients', () => {
  const MOST_ms = 300;
  const sets: Record<string, Given> = {
    'a reader that stalls': {},
    'a reader that drains': { reader: 'draining' },
    'one thread': { accepting: 'inline' },
    '200 workers': { workers: 200 },
    'a recovery': { recovers_at_s: 90, nofile: 65_536 },
    'a large pipe': { pipe_size_bytes: 1_048_576, nofile: 65_536 },
  };

  // The best of up to ten: the first run is not compiled yet, and any may share its processor with other tests.
  it.each(Object.entries(sets))(`take at most ${MOST_ms} ms with %s`, (_name, given) => {
    const { values } = settleParameters(closeWaitPipe.parameters, {
      requests_per_s: 100,
      duration_s: 100,
      ...given,
    });
    let best_ms = Number.POSITIVE_INFINITY;
    for (let attempt = 1; attempt <= 10 && best_ms > MOST_ms; attempt++) {
      const began = process.cpuUsage();
      const { worldAt, events } = closeWaitPipe.run(values);
      const { clients } = worldAt(events.length).programs;
      expect(Object.values(clients).reduce((sum, n) => sum + n, 0)).toBe(10_000);
      const { user, system } = process.cpuUsage(began);
      best_ms = Math.min(best_ms, (user + system) / 1000);
    }
    expect(best_ms).toBeLessThanOrEqual(MOST_ms);
  });
});
