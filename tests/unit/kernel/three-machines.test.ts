import { describe, expect, it } from 'vitest';
import { sys } from '#simulations/machine/calls.ts';
import { destinationOf } from '#simulations/network/packet.ts';
import { addressOf, Lab } from '../machine/lab.ts';

/** Two clients and a server, the third machine, whose program answers each connection with as many bytes as it got. */
function echo() {
  const lab = new Lab(['one', 'two', 'server'], { rtt_ms: 10 });
  lab.run(
    function* () {
      const listener = (yield* sys.socket()).value;
      yield* sys.bind(listener, 7);
      yield* sys.listen(listener, 4);
      for (let i = 0; i < 2; i++) {
        const fd = (yield* sys.accept(listener)).value;
        const { value } = yield* sys.read(fd, 1000);
        yield* sys.write(fd, value);
        yield* sys.close(fd);
      }
    },
    lab.process({}, lab.machine(3)),
  );
  const client = (number: number, bytes: number) =>
    lab.run(
      function* (say) {
        const fd = (yield* sys.socket()).value;
        yield* sys.connect(fd, { address: addressOf(3), port: 7 });
        yield* sys.write(fd, bytes);
        say(`machine ${number}`, (yield* sys.read(fd, 1000)).value, (yield* sys.read(fd, 1000)).value);
        yield* sys.close(fd);
      },
      lab.process({}, lab.machine(number)),
    );
  return { lab, client };
}

describe('three machines on one link', () => {
  it('each get what is theirs', () => {
    const { lab, client } = echo();
    client(1, 100);
    client(2, 200);
    lab.wait(1000);
    expect(lab.log.map((line) => line.slice(line.indexOf(' ') + 1))).toEqual([
      'machine 1 100 0',
      'machine 2 200 0',
    ]);
    const { events } = lab.recorder;
    for (const number of [1, 2, 3]) {
      const sent = events.flatMap((event) =>
        event.kind === 'packet-sent' && destinationOf(event.data.carries) === addressOf(number)
          ? [event.data.number]
          : [],
      );
      const received = events.flatMap((event) =>
        event.kind === 'packet-received' && event.actor === lab.machine(number).name
          ? [event.data.number]
          : [],
      );
      expect(sent.length).toBeGreaterThan(3);
      expect(received).toEqual(sent);
    }
  });

  it('refuse for themselves: a port that is open on one is closed on another', () => {
    const { lab } = echo();
    for (const number of [2, 3])
      lab.run(function* (say) {
        const fd = (yield* sys.socket()).value;
        say(number, (yield* sys.connect(fd, { address: addressOf(number), port: 7 })).errno);
      });
    lab.wait(100);
    expect(lab.log.toSorted()).toEqual(['10 2 ECONNREFUSED', '10 3 null']);
  });

  it('hear nothing of a packet to an address that none of them has', () => {
    const { lab } = echo();
    const hand = lab.hand();
    hand.call('socket', { nonblocking: true });
    hand.call('connect', { fd: 3, address: addressOf(99), port: 7 });
    lab.wait(500);
    expect(lab.recorder.events.some(({ kind }) => kind === 'packet-received')).toBe(false);
    expect(hand.out('poll', { fds: [{ fd: 3, events: ['POLLOUT'] }], timeout_ms: 0 }).revents).toEqual([[]]);
  });

  it('keep the numbers of their processes, sockets and counters apart', () => {
    const { lab, client } = echo();
    client(1, 100);
    lab.wait(1000);
    expect([1, 2, 3].map((number) => lab.now(lab.machine(number)).counters.TcpActiveOpens)).toEqual([
      1,
      undefined,
      undefined,
    ]);
    expect(lab.now(lab.machine(3)).counters.TcpPassiveOpens).toBe(1);
  });
});
