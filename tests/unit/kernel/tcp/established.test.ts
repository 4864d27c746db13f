import { describe, expect, it } from 'vitest';
import { Bench } from './bench.ts';

describe('a reset in ESTABLISHED', () => {
  it('counts at the very next position: ECONNRESET, once', () => {
    const b = new Bench();
    const fd = b.connected();
    b.rst();
    expect([b.state, b.sent]).toEqual(['CLOSE', []]);
    expect([b.read(fd), b.read(fd)]).toEqual(['ECONNRESET', 0]);
    expect(b.write(fd, 1)).toBe('EPIPE');
  });

  it('elsewhere in the window is answered with a challenge ACK (RFC 5961)', () => {
    const b = new Bench();
    b.connected();
    b.rst({ seq: 100 });
    expect([b.state, b.sent]).toEqual(['ESTABLISHED', ['ACK 1 ack 1']]);
  });

  it('outside the window is ignored', () => {
    const b = new Bench();
    b.connected();
    b.rst({ seq: -1000 });
    b.rst({ seq: 10_000_000 });
    expect([b.state, b.sent]).toEqual(['ESTABLISHED', []]);
  });

  it('leaves what has arrived for the program to read', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(10);
    b.rst();
    expect([b.read(fd), b.read(fd)]).toEqual([10, 'ECONNRESET']);
  });

  it('in CLOSE_WAIT is EPIPE; at the position of the FIN it counts as well', () => {
    const b = new Bench();
    const fd = b.connected();
    b.fin();
    b.rst({ seq: 1 });
    expect([b.state, b.write(fd, 1)]).toEqual(['CLOSE', 'EPIPE']);
  });

  it.each(['FIN_WAIT1', 'CLOSING', 'LAST_ACK'])('in %s ends it', (state) => {
    const b = new Bench();
    const fd = b.connected();
    if (state === 'LAST_ACK') b.fin();
    b.shutdown(fd);
    if (state === 'CLOSING') b.fin({ ack: 1 });
    expect(b.state).toBe(state);
    b.rst();
    expect(b.state).toBe('CLOSE');
  });
});

describe('what does not fit an established connection', () => {
  it('is challenged when it is a SYN, old or new', () => {
    const b = new Bench();
    b.connected();
    b.syn();
    expect([b.state, b.sent]).toEqual(['ESTABLISHED', ['ACK 1 ack 1']]);
    b.wait(1000); // challenges are rare: one in 500 ms
    b.syn({ seq: 100 });
    expect([b.state, b.sent]).toEqual(['ESTABLISHED', ['ACK 1 ack 1']]);
  });

  it('is answered with an ACK when it lies before or behind the window', () => {
    const b = new Bench();
    b.connected();
    b.data(10, { seq: -20 });
    expect(b.sent).toEqual(['ACK 1 ack 1']);
    b.data(10, { seq: 1_000_000 });
    expect(b.sent).toEqual(['ACK 1 ack 1']);
  });

  it('is ignored when it acknowledges what has not been sent, with its data', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(10, { ack: 2 });
    expect([b.sent, b.read(fd)]).toEqual([[], 'EAGAIN']);
  });

  it('is ignored when it acknowledges nothing at all', () => {
    const b = new Bench();
    const fd = b.connected();
    b.get({ flags: ['PSH'], payload_bytes: 10 });
    expect([b.sent, b.read(fd)]).toEqual([[], 'EAGAIN']);
  });
});

describe('data that comes out of order', () => {
  it('is acknowledged at once with what is missing, and again at once when the gap is filled', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(100, { seq: 101 });
    b.data(100, { seq: 301 });
    expect([b.sent, b.read(fd)]).toEqual([['ACK 1 ack 1', 'ACK 1 ack 1'], 'EAGAIN']);
    b.data(100, { seq: 1 });
    expect([b.sent, b.read(fd)]).toEqual([['ACK 1 ack 201'], 200]);
    b.data(100, { seq: 201 });
    expect([b.sent.slice(-1), b.read(fd)]).toEqual([['ACK 1 ack 401'], 200]);
  });

  it('counts once where segments overlap', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(100, { seq: 51 });
    b.data(100, { seq: 101 });
    b.data(100, { seq: 1 });
    expect(b.read(fd)).toBe(200);
    b.data(300, { seq: 101 });
    expect(b.read(fd)).toBe(200);
    expect(b.sent.at(-1)).toBe('ACK 1 ack 401');
  });

  it('that has been here before brings an ACK at once', () => {
    const b = new Bench();
    b.connected();
    b.data(100);
    b.wait(1000);
    void b.sent;
    b.data(100, { seq: 1 });
    expect(b.sent).toEqual(['ACK 1 ack 101']);
  });
});
