import { describe, expect, it } from 'vitest';
import { Bench } from './bench.ts';

/** A connection whose program has closed it, the FIN sent. */
function closed(): Bench {
  const b = new Bench();
  b.close(b.connected());
  void b.sent;
  return b;
}

/** An orphan in FIN_WAIT2: a record. */
function orphan(options: ConstructorParameters<typeof Bench>[0] = {}): Bench {
  const b = new Bench(options);
  b.close(b.connected());
  b.ack();
  void b.sent;
  return b;
}

/** A record in TIME_WAIT; the peer's next position is 2, and so is ours. */
function timeWait(): Bench {
  const b = orphan();
  b.fin();
  void b.sent;
  return b;
}

describe('the side that closes first', () => {
  it('goes FIN_WAIT1, FIN_WAIT2, TIME_WAIT, and is gone after 60 s', () => {
    const b = new Bench();
    const fd = b.connected();
    b.close(fd);
    expect(b.sent).toEqual(['FIN 1 ack 1']);
    b.ack();
    b.fin();
    expect(b.sent).toEqual(['ACK 2 ack 2']);
    b.wait(60_000);
    expect(b.changes.slice(-4)).toEqual([
      'ESTABLISHED FIN_WAIT1',
      'FIN_WAIT1 FIN_WAIT2',
      'FIN_WAIT2 TIME_WAIT',
      'TIME_WAIT CLOSE',
    ]);
    b.ack(2);
    expect(b.sent).toEqual(['RST 2']);
  });

  it('goes from FIN_WAIT1 to TIME_WAIT at once when one segment brings ACK and FIN', () => {
    const b = closed();
    b.fin();
    expect(b.sent).toEqual(['ACK 2 ack 2']);
    expect(b.changes.slice(-2)).toEqual(['FIN_WAIT1 FIN_WAIT2', 'FIN_WAIT2 TIME_WAIT']);
  });

  it('sends the FIN on the last data, past Nagle', () => {
    const b = new Bench();
    const fd = b.connected();
    b.write(fd, 10);
    b.write(fd, 20);
    b.close(fd);
    expect(b.sent).toEqual(['data 1+10 ack 1', 'data FIN 11+20 ack 1']);
  });
});

describe('the FIN in Recv-Q', () => {
  /** Recv-Q as ss shows it, after 300 bytes and a FIN and these reads. */
  const afterReads = (...reads: readonly number[]): number => {
    const b = new Bench();
    const fd = b.connected();
    b.data(300);
    b.fin();
    for (const bytes of reads) b.read(fd, bytes);
    return b.sk.receiver.recv_q_bytes;
  };

  it('counts as one byte until a read has room to spare for it', () => {
    expect(afterReads()).toBe(301);
    expect(afterReads(100)).toBe(201);
    expect(afterReads(1000)).toBe(0);
    expect(afterReads(300, 1)).toBe(0);
  });

  it('is taken once, however often the end of the stream is read', () => {
    expect(afterReads(1000, 1000, 1000)).toBe(0);
  });

  it('is there although all before it had been read', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(300);
    b.read(fd, 1000);
    b.fin();
    expect(b.sk.receiver.recv_q_bytes).toBe(1);
    expect(b.read(fd, 1000)).toBe(0);
    expect(b.sk.receiver.recv_q_bytes).toBe(0);
  });

  it('stays where the program closes without a last read', () => {
    const b = new Bench();
    const fd = b.connected();
    const { sk } = b;
    b.fin();
    b.close(fd);
    expect(b.state).toBe('LAST_ACK');
    expect(sk.diag.state().recv_q_bytes).toBe(1);
  });
});

describe('the side that closes second', () => {
  it('goes CLOSE_WAIT, LAST_ACK, and is gone with the last ACK', () => {
    const b = new Bench();
    const fd = b.connected();
    b.fin();
    expect(b.read(fd)).toBe(0);
    b.close(fd);
    expect(b.sent).toContain('FIN 1 ack 2');
    b.ack();
    expect(b.changes.slice(-3)).toEqual(['ESTABLISHED CLOSE_WAIT', 'CLOSE_WAIT LAST_ACK', 'LAST_ACK CLOSE']);
  });

  it('sends its FIN again when the last ACK is lost, until it comes', () => {
    const b = new Bench();
    const fd = b.connected();
    b.fin();
    b.close(fd);
    void b.sent;
    b.wait(700);
    expect(b.sentAt).toEqual(['204 FIN 1 ack 2', '612 FIN 1 ack 2']);
    b.ack(2);
    b.wait(200_000);
    expect([b.state, b.sent]).toEqual(['CLOSE', []]);
  });

  it('gives up as an orphan after the time that eight retries stand for, 102.2 s from the first (tcp_orphan_retries)', () => {
    const b = new Bench();
    const fd = b.connected();
    b.fin();
    b.close(fd);
    void b.sent;
    b.wait(1_000_000);
    const tries = b.sentAt.filter((line) => line.includes('FIN')).map((line) => Number.parseFloat(line));
    const over =
      (b.events.find((event) => event.kind === 'state-changed' && event.data.from === 'LAST_ACK')?.at_us ??
        0) / 1000;
    const first = tries[0] as number;
    expect(over - first).toBeGreaterThanOrEqual(102_200);
    expect((tries.at(-1) as number) - first).toBeLessThan(102_200);
    expect(tries).toEqual(tries.map((_, i) => 204 * (2 ** (i + 1) - 1)));
  });

  it('may write for as long as it likes after the peer has shut its side', () => {
    const b = new Bench();
    const fd = b.connected();
    b.fin();
    void b.sent;
    expect(b.write(fd, 100)).toBe(100);
    expect(b.sent).toEqual(['data 1+100 ack 2']);
    b.ack(101);
    expect(b.write(fd, 100)).toBe(100);
    expect(b.sent).toEqual(['data 101+100 ack 2']);
  });
});

describe('a half-close', () => {
  it('ends writing with EPIPE, and goes on reading in FIN_WAIT1 and FIN_WAIT2', () => {
    const b = new Bench();
    const fd = b.connected();
    b.shutdown(fd);
    expect(b.write(fd, 1)).toBe('EPIPE');
    b.data(10, { ack: 1 });
    expect([b.state, b.read(fd)]).toEqual(['FIN_WAIT1', 10]);
    b.ack(2);
    b.data(20);
    expect([b.state, b.read(fd)]).toEqual(['FIN_WAIT2', 20]);
    b.fin();
    expect([b.state, b.read(fd)]).toEqual(['TIME_WAIT', 0]);
  });

  it('waits in FIN_WAIT2 for ever while a program holds it', () => {
    const b = new Bench();
    const fd = b.connected();
    b.shutdown(fd);
    b.ack(2);
    b.wait(10_000_000);
    expect(b.state).toBe('FIN_WAIT2');
    b.data(5);
    expect(b.read(fd)).toBe(5);
  });

  it('of reading alone tells the peer nothing', () => {
    const b = new Bench();
    const fd = b.connected();
    b.shutdown(fd, 'SHUT_RD');
    expect([b.sent, b.state, b.read(fd)]).toEqual([[], 'ESTABLISHED', 0]);
  });
});

describe('a simultaneous close', () => {
  it('goes through CLOSING to TIME_WAIT, for the FINs cross', () => {
    const b = closed();
    b.fin({ ack: 1 });
    expect([b.sent, b.state]).toEqual([['ACK 2 ack 2'], 'CLOSING']);
    b.ack(2);
    expect(b.changes.at(-1)).toBe('CLOSING TIME_WAIT');
  });

  it('repeats its FIN in CLOSING', () => {
    const b = closed();
    b.fin({ ack: 1 });
    void b.sent;
    b.wait(210);
    expect(b.sent).toEqual(['FIN 1 ack 2']);
  });
});

describe('a FIN', () => {
  it('with data is the end of the stream behind that data', () => {
    const b = new Bench();
    const fd = b.connected();
    b.fin({ payload_bytes: 30 });
    expect([b.state, b.read(fd), b.read(fd)]).toEqual(['CLOSE_WAIT', 30, 0]);
    b.wait(40);
    expect(b.sent).toEqual(['ACK 1 ack 32']);
  });

  it('that comes before the data waits for it', () => {
    const b = new Bench();
    const fd = b.connected();
    b.fin({ seq: 11 });
    expect([b.sent, b.state, b.read(fd)]).toEqual([['ACK 1 ack 1'], 'ESTABLISHED', 'EAGAIN']);
    b.data(10, { seq: 1 });
    expect([b.sent, b.state, b.read(fd), b.read(fd)]).toEqual([['ACK 1 ack 12'], 'CLOSE_WAIT', 10, 0]);
  });

  it('that comes again is acknowledged again', () => {
    const b = new Bench();
    b.connected();
    b.fin();
    b.wait(100);
    void b.sent;
    b.fin({ seq: 1 });
    expect([b.sent, b.state]).toEqual([['ACK 1 ack 2'], 'CLOSE_WAIT']);
  });

  it('is tried again with doubling waits while nobody acknowledges it', () => {
    const b = closed();
    b.wait(3000);
    expect(b.sentAt).toEqual(['204 FIN 1 ack 1', '612 FIN 1 ack 1', '1428 FIN 1 ack 1']);
  });
});

describe('an orphan in FIN_WAIT2', () => {
  it.each([60, 10])('is gone after tcp_fin_timeout, %i s', (tcp_fin_timeout) => {
    const b = orphan({ sysctl: { tcp_fin_timeout } });
    b.wait(tcp_fin_timeout * 1000 - 1);
    expect(b.changes.at(-1)).toBe('FIN_WAIT1 FIN_WAIT2');
    b.wait(1);
    expect(b.changes.at(-1)).toBe('FIN_WAIT2 CLOSE');
    b.fin();
    expect(b.sent).toEqual(['RST 2']);
  });

  it('answers data with a reset, for nobody can read it, and is gone', () => {
    const b = orphan();
    b.data(10);
    expect(b.sent).toEqual(['RST 2']);
    b.fin();
    expect(b.sent).toEqual(['RST 2']);
  });

  it('becomes TIME_WAIT with the FIN, for 60 s whatever tcp_fin_timeout is', () => {
    const b = orphan({ sysctl: { tcp_fin_timeout: 5 } });
    b.fin();
    expect(b.sent).toEqual(['ACK 2 ack 2']);
    b.wait(59_999);
    expect(b.changes.at(-1)).toBe('FIN_WAIT2 TIME_WAIT');
    b.wait(1);
    expect(b.changes.at(-1)).toBe('TIME_WAIT CLOSE');
  });

  it('is ended by a RST in the window, answers what lies outside, and ignores bare ACKs', () => {
    const b = orphan();
    b.ack();
    expect(b.sent).toEqual([]);
    b.data(10, { seq: -20 });
    expect(b.sent).toEqual(['ACK 2 ack 1']);
    b.rst();
    expect([b.sent, b.changes.at(-1)]).toEqual([[], 'FIN_WAIT2 CLOSE']);
  });
});

describe('an orphan in FIN_WAIT1', () => {
  it('answers data with a reset', () => {
    const b = closed();
    b.data(10, { ack: 1 });
    expect([b.sent, b.state]).toEqual([['RST 1'], 'CLOSE']);
  });

  it('answers data that brings the ACK of its FIN with a reset too', () => {
    const b = closed();
    b.data(10);
    expect([b.sent, b.state]).toEqual([['RST 2'], 'CLOSE']);
  });
});

describe('close() with data that nobody has read', () => {
  it('is a reset', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(10);
    void b.sent;
    b.close(fd);
    expect([b.sent, b.state]).toEqual([['RST-ACK 1 ack 11'], 'CLOSE']);
  });

  it('is a FIN once it has been read', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(10);
    b.read(fd);
    void b.sent;
    b.close(fd);
    expect(b.sent).toEqual(['FIN 1 ack 11']);
  });
});

describe('SO_LINGER', () => {
  it('with 0 makes close() a reset that takes unsent data along, without TIME_WAIT', () => {
    const b = new Bench();
    const fd = b.connected();
    b.set(fd, 'SO_LINGER', 0);
    b.write(fd, 10);
    void b.sent;
    b.close(fd);
    expect([b.sent, b.state]).toEqual([['RST-ACK 11 ack 1'], 'CLOSE']);
    b.wait(100_000);
    expect(b.sent).toEqual([]);
  });

  it('with a time lets close() sleep until the FIN is acknowledged', () => {
    const b = new Bench();
    const fd = b.connected();
    b.set(fd, 'SO_LINGER', 30);
    expect(b.close(fd)).toBe('sleeps');
    expect([b.sent, b.state]).toEqual([['FIN 1 ack 1'], 'FIN_WAIT1']);
  });
});

describe('a record in TIME_WAIT', () => {
  it('acknowledges a FIN that comes again, and begins its 60 s anew', () => {
    const b = timeWait();
    b.wait(50_000);
    b.fin({ seq: 1 });
    expect(b.sent).toEqual(['ACK 2 ack 2']);
    b.wait(59_999);
    expect(b.changes.at(-1)).toBe('FIN_WAIT2 TIME_WAIT');
    b.wait(1);
    expect(b.changes.at(-1)).toBe('TIME_WAIT CLOSE');
  });

  it('begins its 60 s anew with a bare ACK in its place, without an answer', () => {
    const b = timeWait();
    b.wait(50_000);
    b.ack();
    expect(b.sent).toEqual([]);
    b.wait(59_999);
    expect(b.changes.at(-1)).toBe('FIN_WAIT2 TIME_WAIT');
  });

  it('is killed by a RST at the very next position (RFC 1337), and by no other', () => {
    const b = timeWait();
    b.rst({ seq: 1 });
    b.rst({ seq: 3 });
    expect([b.sent, b.changes.at(-1)]).toEqual([[], 'FIN_WAIT2 TIME_WAIT']);
    b.rst({ seq: 2 });
    expect([b.sent, b.changes.at(-1)]).toEqual([[], 'TIME_WAIT CLOSE']);
  });

  /** A record at a listener: the server has closed first, and the client has a port of its own. */
  function atListener(): Bench {
    const b = new Bench();
    const listener = b.asked();
    b.ack(1, { port: 40_000 });
    b.close(Number(b.value('accept', { fd: listener })));
    b.ack(2, { port: 40_000 });
    b.fin({ port: 40_000 });
    b.wait(1000);
    void b.sent;
    return b;
  }

  it('makes room for a SYN that is newer, by its number', () => {
    const b = atListener();
    b.syn({ port: 40_000, isn: 1_000_000, timestamp_ms: null });
    expect(b.sent.map((line) => line.split(' ')[0])).toEqual(['SYN-ACK']);
    expect(b.state).toBe('SYN_RECV');
  });

  it('makes room for a SYN that is newer, by its timestamp', () => {
    const b = atListener();
    b.syn({ port: 40_000, isn: 2 ** 31, timestamp_ms: 5000 });
    expect(b.sent.map((line) => line.split(' ')[0])).toEqual(['SYN-ACK']);
  });

  it('answers an old SYN with an ACK of what it knows', () => {
    const b = atListener();
    b.syn({ port: 40_000, timestamp_ms: null });
    expect(b.sent).toEqual(['ACK 2 ack 2']);
  });
});
