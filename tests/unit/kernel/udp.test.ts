import { describe, expect, it } from 'vitest';
import type { UdpState } from '#simulations/machine/state.ts';
import { type Hand, Lab } from '../machine/lab.ts';

const SERVER = { address: '192.0.2.2', port: 53 };
const RTT_ms = 10;

/** A client and a server, each with a UDP socket, 3; the server's has port 53. */
function ask() {
  const lab = new Lab(['client', 'server'], { rtt_ms: RTT_ms });
  const client = lab.hand();
  const server = lab.hand(lab.process({}, lab.machine(2)));
  for (const each of [client, server]) each.call('socket', { type: 'SOCK_DGRAM', nonblocking: true });
  server.call('bind', { fd: 3, port: SERVER.port, address: '0.0.0.0' });
  return { lab, client, server };
}

const sendto = (hand: Hand, bytes: number, to: { address: string; port: number } | null, fd = 3) =>
  hand.call('sendto', { fd, bytes, ...to });
const recvfrom = (hand: Hand, bytes = 1500, fd = 3) => hand.call('recvfrom', { fd, bytes });
const udpOf = (lab: Lab, number = 1): UdpState =>
  [...lab.now(lab.machine(number)).sockets.values()].find(({ kind }) => kind === 'udp') as UdpState;

describe('datagrams between two machines', () => {
  it('arrive half a round trip later, one by one, with who sent them', () => {
    const { lab, client, server } = ask();
    expect([sendto(client, 40, SERVER), sendto(client, 50, SERVER)]).toEqual([40, 50]);
    lab.wait(RTT_ms / 2 - 1);
    expect(recvfrom(server)).toBe('EAGAIN');
    lab.wait(1);
    const { local } = udpOf(lab);
    expect(server.out('recvfrom', { fd: 3, bytes: 1500 })).toEqual({
      address: '192.0.2.1',
      port: local.port,
    });
    expect([recvfrom(server), recvfrom(server)]).toEqual([50, 'EAGAIN']);
  });

  it('carry what a program puts into them, and are answered at the port that they came from', () => {
    const { lab, client, server } = ask();
    client.call('sendto', { fd: 3, bytes: 30, ...SERVER, content: { question: 'example.org' } });
    lab.wait(RTT_ms);
    const { address, port, content } = server.out('recvfrom', { fd: 3, bytes: 512 });
    expect(content).toEqual({ question: 'example.org' });
    sendto(server, 60, { address: String(address), port: Number(port) });
    lab.wait(RTT_ms);
    expect(recvfrom(client)).toBe(60);
  });

  it('wake who sleeps in recvfrom(), and let nobody sleep longer than SO_RCVTIMEO', () => {
    const { lab, client } = ask();
    const process = lab.process({}, lab.machine(2));
    lab.run(function* (say) {
      const fd = (yield { name: 'socket', args: { type: 'SOCK_DGRAM' } }).value;
      yield { name: 'bind', args: { fd, port: 54, address: '0.0.0.0' } };
      yield { name: 'setsockopt', args: { fd, option: 'SO_RCVTIMEO', value: 100 } };
      for (let i = 0; i < 2; i++) {
        const { value, errno } = yield { name: 'recvfrom', args: { fd, bytes: 100 } };
        say(errno ?? value);
      }
    }, process);
    lab.wait(20);
    sendto(client, 7, { ...SERVER, port: 54 });
    lab.wait(500);
    expect(lab.log).toEqual(['25 7', '125 EAGAIN']);
  });

  it('lose what the reader has no room for', () => {
    const { lab, client, server } = ask();
    sendto(client, 100, SERVER);
    lab.wait(RTT_ms);
    expect([recvfrom(server, 10), recvfrom(server)]).toEqual([10, 'EAGAIN']);
  });

  it('that do not fit into the buffer are dropped, and counted', () => {
    const { lab, client, server } = ask();
    for (let i = 0; i < 5; i++) sendto(client, 60_000, SERVER);
    lab.wait(RTT_ms);
    expect(udpOf(lab, 2)).toMatchObject({ recv_q_bytes: 180_000, drops: 2 });
    expect([1, 2, 3, 4].map(() => recvfrom(server, 65_535))).toEqual([60_000, 60_000, 60_000, 'EAGAIN']);
  });
});

describe('a UDP socket', () => {
  it('gets a port of the range when it first sends, and says so in the snapshot', () => {
    const { lab, client } = ask();
    expect(udpOf(lab)).toMatchObject({ state: 'UNCONN', local: { address: '0.0.0.0', port: 0 } });
    sendto(client, 1, SERVER);
    const { port } = udpOf(lab).local;
    expect(port).toBeGreaterThanOrEqual(32_768);
    expect(port).toBeLessThanOrEqual(60_999);
  });

  it('that is connected has an address of its own, sends without one, and hears its peer alone', () => {
    const { lab, client, server } = ask();
    client.call('connect', { fd: 3, ...SERVER });
    expect(udpOf(lab)).toMatchObject({
      state: 'ESTABLISHED',
      remote: SERVER,
      local: { address: '192.0.2.1' },
    });
    expect(client.call('write', { fd: 3, bytes: 5 })).toBe(5);
    const { port } = udpOf(lab).local;
    server.call('socket', { type: 'SOCK_DGRAM', nonblocking: true });
    sendto(server, 99, { address: '192.0.2.1', port }, 4);
    sendto(server, 6, { address: '192.0.2.1', port });
    lab.wait(RTT_ms);
    expect([recvfrom(client), recvfrom(client)]).toEqual([6, 'EAGAIN']);
  });

  it('that is not connected needs an address to send: EDESTADDRREQ', () => {
    const { client } = ask();
    expect([sendto(client, 5, null), client.call('write', { fd: 3, bytes: 5 })]).toEqual([
      'EDESTADDRREQ',
      'EDESTADDRREQ',
    ]);
  });

  it('shares its port only where both say SO_REUSEADDR, and has it for itself once more after close()', () => {
    const { server } = ask();
    server.call('socket', { type: 'SOCK_DGRAM' });
    const bind = () => server.call('bind', { fd: 4, port: SERVER.port, address: '0.0.0.0' });
    expect(bind()).toBe('EADDRINUSE');
    server.call('close', { fd: 3 });
    expect(bind()).toBe(0);
  });

  it('is polled like any other: writable always, readable with a datagram', () => {
    const { lab, client, server } = ask();
    const revents = (hand: Hand) =>
      hand.out('poll', { fds: [{ fd: 3, events: ['POLLIN', 'POLLOUT'] }], timeout_ms: 0 }).revents;
    expect(revents(server)).toEqual([['POLLOUT']]);
    sendto(client, 1, SERVER);
    lab.wait(RTT_ms);
    expect(revents(server)).toEqual([['POLLIN', 'POLLOUT']]);
  });
});

describe('a port that nobody has', () => {
  it('is answered with ICMP port unreachable: ECONNREFUSED on a connected socket, once', () => {
    const { lab, client } = ask();
    client.call('connect', { fd: 3, ...SERVER, port: 99 });
    expect(client.call('write', { fd: 3, bytes: 5 })).toBe(5);
    lab.wait(RTT_ms);
    const fds = [{ fd: 3, events: ['POLLIN'] }];
    expect(client.out('poll', { fds, timeout_ms: 0 }).revents).toEqual([['POLLERR']]);
    expect(udpOf(lab).error).toBe('ECONNREFUSED');
    expect([recvfrom(client), recvfrom(client)]).toEqual(['ECONNREFUSED', 'EAGAIN']);
    const { events } = lab.recorder;
    expect(events.filter((event) => event.kind === 'packet-sent').map(({ data }) => data.packet)).toEqual([
      'datagram',
      'ICMP port unreachable',
    ]);
    expect(lab.now(lab.machine(2)).counters).toMatchObject({ UdpNoPorts: 1 });
  });

  it('tells the error to the next send, or through SO_ERROR', () => {
    const { lab, client } = ask();
    client.call('connect', { fd: 3, ...SERVER, port: 99 });
    client.call('write', { fd: 3, bytes: 5 });
    lab.wait(RTT_ms);
    expect([1, 2].map(() => client.call('write', { fd: 3, bytes: 5 }))).toEqual(['ECONNREFUSED', 5]);
    lab.wait(RTT_ms);
    const error = () => client.out('getsockopt', { fd: 3, option: 'SO_ERROR' }).error;
    expect([error(), error()]).toEqual(['ECONNREFUSED', null]);
  });

  it('tells nothing to a socket that is not connected', () => {
    const { lab, client } = ask();
    sendto(client, 5, { ...SERVER, port: 99 });
    lab.wait(RTT_ms);
    expect([recvfrom(client), sendto(client, 5, SERVER)]).toEqual(['EAGAIN', 5]);
  });

  it('wakes who sleeps in recvfrom()', () => {
    const lab = new Lab(['client', 'server'], { rtt_ms: RTT_ms });
    lab.run(function* (say) {
      const fd = (yield { name: 'socket', args: { type: 'SOCK_DGRAM' } }).value;
      yield { name: 'connect', args: { fd, ...SERVER } };
      yield { name: 'write', args: { fd, bytes: 1 } };
      say((yield { name: 'recvfrom', args: { fd, bytes: 100 } }).errno);
    });
    lab.wait(1000);
    expect(lab.log).toEqual(['10 ECONNREFUSED']);
  });
});
