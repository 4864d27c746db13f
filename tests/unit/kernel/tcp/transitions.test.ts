import { describe, expect, it } from 'vitest';
import { states, type Transition, transitions } from '#simulations/kernel/tcp/transitions.ts';
import { isMissing, loadExcerpts } from '#site/excerpts/excerpt.ts';
import { Bench } from './bench.ts';

/** How long it takes until a SYN, a SYN-ACK or data has been tried for the last time, at most. */
const LONG_ms = 2_000_000;

/** A connection of our own that has shut its writing side down. */
function finWait1(): [Bench, number] {
  const b = new Bench();
  const fd = b.connected();
  b.shutdown(fd);
  return [b, fd];
}

function finWait2(): [Bench, number] {
  const [b, fd] = finWait1();
  b.ack(2);
  return [b, fd];
}

function closeWait(): [Bench, number] {
  const b = new Bench();
  const fd = b.connected();
  b.fin();
  return [b, fd];
}

function closing(bytes = 0): [Bench, number] {
  const [b, fd] = finWait1();
  b.fin({ ack: 1, payload_bytes: bytes });
  return [b, fd];
}

function lastAck(bytes = 0): [Bench, number] {
  const b = new Bench();
  const fd = b.connected();
  b.fin({ payload_bytes: bytes });
  b.shutdown(fd);
  return [b, fd];
}

function timeWait(): Bench {
  const [b, fd] = finWait2();
  b.fin();
  b.close(fd);
  return b;
}

/** Both have sent a SYN, and each has seen the other's. */
function crossed(): [Bench, number] {
  const b = new Bench();
  const fd = b.connecting();
  b.syn();
  return [b, fd];
}

function established(): [Bench, number] {
  const b = new Bench();
  return [b, b.connected()];
}

/** Makes sure that everything before is read off the wire, then does what the transition is about. */
function then([b, fd]: [Bench, number], act: (b: Bench, fd: number) => void): Bench {
  void b.sent;
  act(b, fd);
  return b;
}

const LINGER_0 = (b: Bench, fd: number) => {
  b.set(fd, 'SO_LINGER', 0);
  b.close(fd);
};
const UNREAD = (b: Bench, fd: number) => {
  b.data(10, { ack: 1 });
  void b.sent;
  b.close(fd);
};
const CLOSE = (b: Bench, fd: number) => void b.close(fd);
const SHUTDOWN = (b: Bench, fd: number) => void b.shutdown(fd);
const RST = (b: Bench) => b.rst();
const FIN = (b: Bench) => b.fin();
const NOTHING = (b: Bench) => b.wait(LONG_ms);
const ACK = (b: Bench) => b.ack();

/** How each transition comes about: the state, the event, and what must happen for it. */
const WAYS: Record<string, () => Bench> = {
  'CLOSE connect()': () => {
    const b = new Bench();
    return then([b, b.socket()], (b, fd) => b.call('connect', { fd, address: '192.0.2.2', port: 80 }));
  },
  'CLOSE listen()': () => {
    const b = new Bench();
    b.listening();
    return b;
  },
  'LISTEN SYN': () => {
    const b = new Bench();
    return then([b, b.listening()], (b) => b.syn({ port: 40_000 }));
  },
  'LISTEN close()': () => {
    const b = new Bench();
    return then([b, b.listening()], CLOSE);
  },
  'LISTEN shutdown()': () => {
    const b = new Bench();
    return then([b, b.listening()], (b, fd) => b.shutdown(fd, 'SHUT_RD'));
  },
  'SYN_SENT SYN-ACK': () => then(synSent(), (b) => b.synAck()),
  'SYN_SENT SYN': () => then(synSent(), (b) => b.syn()),
  'SYN_SENT RST': () => then(synSent(), (b) => b.get({ flags: ['RST', 'ACK'], seq: 0 })),
  'SYN_SENT ICMP error': () =>
    then(synSent(), (b) => {
      b.wait(5);
      b.peer.inject({ protocol: 'icmp', from: '192.0.2.2', to: '192.0.2.1', code: 'host', about: b.last });
      b.wait(0);
    }),
  'SYN_SENT tcp_abort()': () => then(synSent(), (b) => b.sk.abort()),
  'SYN_SENT give up': () => then(synSent(), NOTHING),
  'SYN_SENT close()': () => then(synSent(), CLOSE),
  'SYN_SENT shutdown()': () => then(synSent(), SHUTDOWN),
  'SYN_SENT close(), SO_LINGER 0': () => then(synSent(), LINGER_0),
  'SYN_RECV ACK': () => {
    const b = new Bench();
    return then([b, b.asked()], (b) => b.ack(1, { port: 40_000 }));
  },
  'SYN_RECV SYN-ACK': () => then(crossed(), (b) => b.synAck()),
  'SYN_RECV close()': () => then(crossed(), CLOSE),
  'SYN_RECV RST': () => then(crossed(), RST),
  'SYN_RECV give up': () => then(crossed(), NOTHING),
  'SYN_RECV close(), SO_LINGER 0': () => then(crossed(), LINGER_0),
  'ESTABLISHED FIN': () =>
    then(established(), (b) => {
      b.fin();
      b.wait(40);
    }),
  'ESTABLISHED close()': () => then(established(), CLOSE),
  'ESTABLISHED shutdown()': () => then(established(), SHUTDOWN),
  'ESTABLISHED RST': () => then(established(), RST),
  'ESTABLISHED give up': () =>
    then(established(), (b, fd) => {
      b.write(fd, 1);
      b.wait(LONG_ms);
    }),
  'ESTABLISHED close(), data unread': () => then(established(), UNREAD),
  'ESTABLISHED close(), SO_LINGER 0': () => then(established(), LINGER_0),
  'FIN_WAIT1 ACK of FIN': () => then(finWait1(), ACK),
  'FIN_WAIT1 FIN': () => then(finWait1(), (b) => b.fin({ ack: 1 })),
  'FIN_WAIT1 data after close()': () => {
    const [b, fd] = established();
    b.close(fd);
    return then([b, fd], (b) => b.data(10, { ack: 1 }));
  },
  'FIN_WAIT1 RST': () => then(finWait1(), RST),
  'FIN_WAIT1 give up': () => then(finWait1(), NOTHING),
  'FIN_WAIT1 close(), data unread': () => then(finWait1(), UNREAD),
  'FIN_WAIT1 close(), SO_LINGER 0': () => then(finWait1(), LINGER_0),
  'FIN_WAIT2 FIN': () => then(finWait2(), FIN),
  'FIN_WAIT2 data after close()': () => {
    const [b, fd] = finWait2();
    b.shutdown(fd, 'SHUT_RD');
    return then([b, fd], (b) => b.data(10));
  },
  'FIN_WAIT2 timeout': () => {
    const [b, fd] = finWait2();
    b.close(fd);
    return then([b, fd], NOTHING);
  },
  'FIN_WAIT2 RST': () => then(finWait2(), RST),
  'FIN_WAIT2 close(), data unread': () =>
    then(finWait2(), (b, fd) => {
      b.data(10);
      void b.sent;
      b.close(fd);
    }),
  'FIN_WAIT2 close(), SO_LINGER 0': () => then(finWait2(), LINGER_0),
  'CLOSE_WAIT close()': () => then(closeWait(), CLOSE),
  'CLOSE_WAIT shutdown()': () => then(closeWait(), SHUTDOWN),
  'CLOSE_WAIT RST': () => then(closeWait(), RST),
  'CLOSE_WAIT give up': () =>
    then(closeWait(), (b, fd) => {
      b.write(fd, 1);
      b.wait(LONG_ms);
    }),
  'CLOSE_WAIT close(), data unread': () => {
    const [b, fd] = established();
    b.fin({ payload_bytes: 10 });
    return then([b, fd], CLOSE);
  },
  'CLOSE_WAIT close(), SO_LINGER 0': () => then(closeWait(), LINGER_0),
  'CLOSING ACK of FIN': () => then(closing(), ACK),
  'CLOSING RST': () => then(closing(), RST),
  'CLOSING give up': () => then(closing(), NOTHING),
  'CLOSING close(), data unread': () => then(closing(10), CLOSE),
  'CLOSING close(), SO_LINGER 0': () => then(closing(), LINGER_0),
  'LAST_ACK ACK of FIN': () => then(lastAck(), ACK),
  'LAST_ACK RST': () => then(lastAck(), RST),
  'LAST_ACK give up': () => then(lastAck(), NOTHING),
  'LAST_ACK close(), data unread': () => then(lastAck(10), CLOSE),
  'LAST_ACK close(), SO_LINGER 0': () => then(lastAck(), LINGER_0),
  'TIME_WAIT FIN': () => then([timeWait(), 0], (b) => b.fin({ seq: 1 })),
  'TIME_WAIT RST': () => then([timeWait(), 0], RST),
  'TIME_WAIT timeout': () => then([timeWait(), 0], NOTHING),
};

function synSent(): [Bench, number] {
  const b = new Bench();
  return [b, b.connecting()];
}

const nameOf = ({ from, event }: Transition): string => `${from} ${event}`;

describe('every transition of the machine', () => {
  it('has a way to come about in this file, and every way is a transition', () => {
    expect(Object.keys(WAYS).sort()).toEqual(transitions.map(nameOf).sort());
  });

  it.each(transitions.map((transition) => [nameOf(transition), transition] as const))(
    '%s',
    (name, transition) => {
      const { from, to, sends, mark } = transition;
      const b = (WAYS[name] as () => Bench)();
      if (from === to) expect(b.sent.map((line) => line.split(' ')[0])).toEqual([sends]);
      else {
        const made = b.events.findLast((event) => event.kind === 'state-changed' && event.data.from === from);
        expect(made?.data).toEqual({ from, to });
        // What an ICMP error means depends on its code, and has a line of its own.
        if (transition.event !== 'ICMP error') expect(made?.mark).toBe(mark);
        const sent = b.sent;
        const names = sent.map((line) => line.split(' ')[0]?.replace('RST-ACK', 'RST'));
        if (sends) expect(names).toContain(sends);
        else if (!name.endsWith('give up')) expect(sent).toEqual([]);
      }
    },
  );
});

describe("RFC 9293's figure 5", () => {
  /** Its arrows, in its order: the state, the event in the machine's words, the next state. */
  const ARROWS = [
    ['CLOSE', 'listen()', 'LISTEN', 'passive OPEN'],
    ['CLOSE', 'connect()', 'SYN_SENT', 'active OPEN, snd SYN'],
    ['LISTEN', 'close()', 'CLOSE', 'CLOSE, delete TCB'],
    ['LISTEN', 'SYN', 'SYN_RECV', 'rcv SYN, snd SYN,ACK'],
    ['LISTEN', 'write()', 'SYN_SENT', 'SEND, snd SYN'],
    ['SYN_SENT', 'close()', 'CLOSE', 'CLOSE, delete TCB'],
    ['SYN_SENT', 'SYN', 'SYN_RECV', 'rcv SYN, snd SYN,ACK'],
    ['SYN_SENT', 'SYN-ACK', 'ESTABLISHED', 'rcv SYN,ACK, snd ACK'],
    ['SYN_RECV', 'ACK', 'ESTABLISHED', 'rcv ACK of SYN'],
    ['SYN_RECV', 'close()', 'FIN_WAIT1', 'CLOSE, snd FIN'],
    ['SYN_RECV', 'RST', 'LISTEN', 'rcv RST (of a passive OPEN)'],
    ['ESTABLISHED', 'close()', 'FIN_WAIT1', 'CLOSE, snd FIN'],
    ['ESTABLISHED', 'FIN', 'CLOSE_WAIT', 'rcv FIN, snd ACK'],
    ['FIN_WAIT1', 'ACK of FIN', 'FIN_WAIT2', 'rcv ACK of FIN'],
    ['FIN_WAIT1', 'FIN', 'CLOSING', 'rcv FIN, snd ACK'],
    ['FIN_WAIT2', 'FIN', 'TIME_WAIT', 'rcv FIN, snd ACK'],
    ['CLOSE_WAIT', 'close()', 'LAST_ACK', 'CLOSE, snd FIN'],
    ['CLOSING', 'ACK of FIN', 'TIME_WAIT', 'rcv ACK of FIN'],
    ['LAST_ACK', 'ACK of FIN', 'CLOSE', 'rcv ACK of FIN'],
    ['TIME_WAIT', 'timeout', 'CLOSE', 'Timeout=2MSL, delete TCB'],
  ] as const;

  /** What Linux does in another way. */
  const NOT_IN_LINUX: Record<string, string> = {
    'LISTEN write() SYN_SENT':
      'write() on a listener is EPIPE: BSD sockets cannot turn a passive open into an active one',
    'SYN_RECV RST LISTEN':
      'the listener has never left LISTEN: a request is an object of its own (request_sock), and it alone goes',
  };

  /** What the figure does not show, and why it is here. */
  const BEYOND: Record<string, string> = {
    RST: 'the figure leaves out resets; 3.10.7.4 sends every synchronized state to CLOSED (3.10.7.3 SYN-SENT)',
    'give up':
      'RFC 1122 4.2.3.5: after R2 the connection is closed; tcp_retries2, tcp_syn_retries, tcp_orphan_retries',
    'ICMP error': 'RFC 1122 4.2.3.9 hard errors, as tcp_v4_err takes them in SYN-SENT',
    'tcp_abort()': 'ABORT of 3.10.5, by root from outside (ss -K); other states are left out here',
    'shutdown()': 'half-close by shutdown(SHUT_WR): CLOSE of the RFC, whose user may still read',
    'close(), data unread': 'RFC 2525 2.17: a close that throws data away is a reset',
    'close(), SO_LINGER 0': 'ABORT of 3.10.5, by SO_LINGER with a time of 0',
    'data after close()': '3.10.7.4: nobody can take the data any more, so the peer is reset (RFC 2525 2.17)',
    'SYN_RECV SYN-ACK': '3.5 figure 8: the end of a simultaneous open',
    'FIN_WAIT2 timeout': 'tcp_fin_timeout: an orphan does not wait for ever; not in the RFC',
    'TIME_WAIT FIN': '3.10.7.4: a retransmitted FIN is acknowledged again and restarts the 2 MSL timer',
  };

  const has = (from: string, event: string, to: string) =>
    transitions.some((each) => each.from === from && each.event === event && each.to === to);

  it('has eleven states, and the machine has them', () => {
    expect(new Set(states)).toEqual(new Set(ARROWS.flatMap(([from, , to]) => [from, to])));
    expect(states).toHaveLength(11);
  });

  it.each(ARROWS)('%s, %s → %s (%s)', (from, event, to) => {
    expect(has(from, event, to)).toBe(!NOT_IN_LINUX[`${from} ${event} ${to}`]);
  });

  it("has all of the machine's arrows, but for those with a reason", () => {
    const figure = new Set(ARROWS.map(([from, event, to]) => `${from} ${event} ${to}`));
    const without = transitions.filter(
      ({ from, event, to }) =>
        !figure.has(`${from} ${event} ${to}` as never) && !BEYOND[event] && !BEYOND[`${from} ${event}`],
    );
    expect(without).toEqual([]);
  });

  it('is followed in what the arrows send', () => {
    for (const [from, event, to, words] of ARROWS) {
      const sends = /snd (.*)/.exec(words)?.[1]?.replace(',', '-');
      const transition = transitions.find(
        (each) => each.from === from && each.event === event && each.to === to,
      );
      if (transition) expect(transition.sends ?? undefined, `${from} ${event}`).toBe(sends);
    }
  });
});

describe("close() of the machine, held against the kernel's new_state[]", () => {
  it('leads where the kernel says, with a FIN where the kernel says', { timeout: 300_000 }, async ({
    skip,
  }) => {
    const excerpt = (await loadExcerpts()).get('new_state');
    if (!excerpt || isMissing(excerpt)) {
      skip(excerpt?.reason ?? 'new_state is not in content/kernel.json');
      return;
    }
    const rows = [...excerpt.text.matchAll(/\[TCP_(\w+)\]\s*= TCP_(\w+)\s*(\| TCP_ACTION_FIN)?/g)];
    expect(rows).toHaveLength(12);
    for (const [, from = '', to, action] of rows) {
      if (from === 'NEW_SYN_RECV') continue; // a request is a whole socket here
      const made = transitions.find((each) => each.from === from && each.event === 'close()');
      // tcp_close_state() is not asked in TIME_WAIT: a record has no descriptor to close.
      if (from === 'TIME_WAIT') expect(made).toBeUndefined();
      else expect([from, made?.to ?? from, made?.sends === 'FIN']).toEqual([from, to, action !== undefined]);
    }
  });
});
