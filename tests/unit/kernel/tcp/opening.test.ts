import { describe, expect, it } from 'vitest';
import { Bench } from './bench.ts';

const CLIENT = { port: 40_000 };

describe('a closed port', () => {
  const closed = () => {
    const b = new Bench();
    b.listening();
    b.close(3);
    return b;
  };

  it('answers a SYN with RST-ACK, one beyond it', () => {
    const b = closed();
    b.syn(CLIENT);
    expect(b.sent).toEqual(['RST-ACK 0 ack 1']);
  });

  it('answers data that has no ACK with the number behind it', () => {
    const b = closed();
    b.get({ flags: ['PSH'], seq: 1, payload_bytes: 100 });
    expect(b.sent).toEqual(['RST-ACK 0 ack 101']);
  });

  it('answers an ACK with a RST at the number that is acknowledged', () => {
    const b = closed();
    b.ack(77);
    expect(b.sent).toEqual(['RST 77']);
  });

  it('answers no reset', () => {
    const b = closed();
    b.rst();
    b.get({ flags: ['RST', 'ACK'] });
    expect(b.sent).toEqual([]);
  });
});

describe('LISTEN', () => {
  it('turns a SYN into a SYN-ACK, and stays', () => {
    const b = new Bench();
    b.listening();
    const listener = b.sk;
    b.syn(CLIENT);
    expect(b.sent).toEqual(['SYN-ACK 0 ack 1']);
    expect([listener.sk_state, b.state]).toEqual(['LISTEN', 'SYN_RECV']);
  });

  it('answers an ACK with a RST, and ignores a RST', () => {
    const b = new Bench();
    b.listening();
    b.ack(5, CLIENT);
    expect(b.sent).toEqual(['RST 5']);
    b.rst(CLIENT);
    expect(b.sent).toEqual([]);
  });

  it.each([0, 1, 3])('with a backlog of %i holds one connection more, and drops the next SYN', (backlog) => {
    const b = new Bench();
    const listener = b.listening(backlog);
    for (let i = 0; i <= backlog; i++) {
      b.syn({ port: 40_000 + i });
      b.ack(1, { port: 40_000 + i });
    }
    void b.sent;
    b.syn({ port: 50_000 });
    expect(b.sent).toEqual([]);
    expect(b.value('accept', { fd: listener })).toBe(listener + 1);
    b.syn({ port: 50_000 });
    expect(b.sent).toEqual(['SYN-ACK 0 ack 1']);
  });

  it('resets who waits for accept() when it is closed, and forgets handshakes without a word', () => {
    const b = new Bench();
    const listener = b.listening();
    b.syn(CLIENT);
    b.ack(1, CLIENT);
    const waiting = b.sk;
    b.syn({ port: 40_001 });
    void b.sent;
    b.close(listener);
    expect(b.sent.map((line) => line.split(' ')[0])).toEqual(['RST-ACK']);
    expect(waiting.sk_state).toBe('CLOSE');
    b.ack(1, { port: 40_001 });
    expect(b.sent).toEqual(['RST 1']);
    b.wait(200_000);
    expect(b.sent).toEqual([]);
  });
});

describe('SYN_RECV', () => {
  it('answers the same SYN again with the same SYN-ACK', () => {
    const b = new Bench();
    b.asked();
    b.syn(CLIENT);
    expect(b.sent).toEqual(['SYN-ACK 0 ack 1']);
  });

  it('answers a wrong ACK with a RST, and waits on', () => {
    const b = new Bench();
    b.asked();
    b.ack(2, CLIENT);
    expect([b.sent, b.state]).toEqual([['RST 2'], 'SYN_RECV']);
  });

  it('goes without a word at a RST; the listener stays', () => {
    const b = new Bench();
    const listener = b.asked();
    b.rst({ ...CLIENT, seq: 1 });
    expect([b.sent, b.state]).toEqual([[], 'CLOSE']);
    b.syn(CLIENT);
    expect(b.sent).toEqual(['SYN-ACK 0 ack 1']);
    expect(b.value('accept', { fd: listener })).toBe('EAGAIN');
  });

  it('takes data that comes with the last ACK', () => {
    const b = new Bench();
    const listener = b.asked();
    b.data(100, { ...CLIENT, ack: 1 });
    const fd = Number(b.value('accept', { fd: listener }));
    expect(b.read(fd)).toBe(100);
  });

  it('sends its SYN-ACK again after 1, 2, 4, 8 and 16 s, and gives up 32 s later', () => {
    const b = new Bench();
    b.asked();
    b.wait(62_999);
    expect(b.sentAt.map((line) => Number(line.split(' ')[0]) / 1000)).toEqual([1, 3, 7, 15, 31]);
    expect(b.state).toBe('SYN_RECV');
    b.wait(1);
    expect([b.state, b.sent]).toEqual(['CLOSE', []]);
  });

  it('ignores the ACK while the accept queue is full, and lets the SYN-ACK go out again', () => {
    const b = new Bench();
    const listener = b.listening(0);
    b.syn({ port: 40_000 });
    b.syn({ port: 40_001 });
    b.ack(1, { port: 40_000 });
    void b.sent;
    b.ack(1, { port: 40_001 });
    expect([b.state, b.sent]).toEqual(['SYN_RECV', []]);
    b.wait(1000);
    expect(b.sent).toEqual(['SYN-ACK 0 ack 1']);
    b.value('accept', { fd: listener });
    b.ack(1, { port: 40_001 });
    expect(b.state).toBe('ESTABLISHED');
  });
});

describe('SYN_SENT', () => {
  it('becomes ESTABLISHED with a SYN-ACK, and answers with an ACK', () => {
    const b = new Bench();
    b.connecting();
    expect(b.sent).toEqual(['SYN 0']);
    b.synAck();
    expect([b.sent, b.state]).toEqual([['ACK 1 ack 1'], 'ESTABLISHED']);
  });

  it('answers what acknowledges anything but its SYN with a RST, and waits on', () => {
    const b = new Bench();
    b.connecting();
    void b.sent;
    b.synAck({ ack: 2 });
    b.ack(0);
    expect([b.sent, b.state]).toEqual([['RST 2', 'RST 0'], 'SYN_SENT']);
  });

  it('ignores a RST that acknowledges nothing, or something else', () => {
    const b = new Bench();
    b.connecting();
    void b.sent;
    b.rst();
    b.get({ flags: ['RST', 'ACK'], ack: 2 });
    expect([b.sent, b.state]).toEqual([[], 'SYN_SENT']);
  });

  it('ignores an ACK of its SYN that brings no SYN', () => {
    const b = new Bench();
    b.connecting();
    void b.sent;
    b.ack(1);
    expect([b.sent, b.state]).toEqual([[], 'SYN_SENT']);
  });

  it('is refused by a RST that acknowledges its SYN: ECONNREFUSED', () => {
    const b = new Bench();
    const fd = b.connecting();
    b.get({ flags: ['RST', 'ACK'], ack: 1 });
    expect(b.call('getsockopt', { fd, option: 'SO_ERROR' })).toMatchObject({
      out: { error: 'ECONNREFUSED' },
    });
  });

  it('sends its SYN again after 1 s four times over, then doubles, and gives up at 131 s', () => {
    const b = new Bench();
    b.connecting();
    b.wait(130_999);
    expect(b.sentAt.map((line) => Number(line.split(' ')[0]) / 1000)).toEqual([
      0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67,
    ]);
    expect(b.state).toBe('SYN_SENT');
    b.wait(1);
    expect(b.state).toBe('CLOSE');
  });
});

describe('a simultaneous open', () => {
  it('is up at both ends after a SYN and a SYN-ACK each way (RFC 9293, figure 8)', () => {
    const b = new Bench();
    const fd = b.connecting();
    void b.sent;
    b.syn();
    expect([b.sent, b.state]).toEqual([['SYN-ACK 0 ack 1'], 'SYN_RECV']);
    b.synAck({ ack: 1 });
    expect([b.sent, b.state]).toEqual([['ACK 1 ack 1'], 'ESTABLISHED']);
    b.write(fd, 10);
    expect(b.sent).toEqual(['data 1+10 ack 1']);
  });

  it('can also be ended by a bare ACK', () => {
    const b = new Bench();
    b.connecting();
    b.syn();
    void b.sent;
    b.ack(1);
    expect([b.sent, b.state]).toEqual([[], 'ESTABLISHED']);
  });

  it('that is closed in SYN_RECV says so with a FIN, and goes the usual way', () => {
    const b = new Bench();
    const fd = b.connecting();
    b.syn();
    void b.sent;
    b.close(fd);
    expect([b.sent, b.state]).toEqual([['FIN 1 ack 1'], 'FIN_WAIT1']);
    b.ack(2);
    b.fin({ ack: 2 });
    expect(b.sent).toEqual(['ACK 2 ack 2']);
  });
});
