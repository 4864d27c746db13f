import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '#simulations/engine/random.ts';
import { type PortOwner, PortSet, Ports } from '#simulations/kernel/ports.ts';
import { Lab } from '../machine/lab.ts';

const remoteOf = (port: number) => ({ address: '192.0.2.2', port });
const REMOTE = remoteOf(80);
const PORT = fc.oneof(fc.nat(65_535), fc.integer({ min: 30, max: 100 }), fc.constantFrom(0, 31, 32, 65_535));

describe('a set of ports', () => {
  it('holds what a set of numbers holds, and finds the first that is free as a walk would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ port: PORT, isAdded: fc.boolean() }), { maxLength: 60 }),
        fc.array(PORT, { maxLength: 20 }),
        PORT,
        PORT,
        (steps, others, from, end) => {
          const ports = new PortSet();
          const other = new PortSet();
          const naive = new Set<number>();
          for (const { port, isAdded } of steps) {
            if (isAdded) ports.add(port);
            else ports.delete(port);
            if (isAdded) naive.add(port);
            else naive.delete(port);
          }
          for (const port of others) other.add(port);
          for (const { port } of steps) expect(ports.has(port)).toBe(naive.has(port));
          let walked = from;
          while (walked < end && (naive.has(walked) || others.includes(walked))) walked += 2;
          expect(ports.firstFree(from, end, other)).toBe(walked < end ? walked : -1);
        },
      ),
      { seed: 20_260, numRuns: 2000 },
    );
  });

  it('finds the one port that is free in a full range, of either parity', () => {
    for (const free of [40_000, 40_031, 40_032, 40_999]) {
      const ports = new PortSet();
      for (let port = 40_000; port < 41_000; port++) if (port !== free) ports.add(port);
      expect(ports.firstFree(40_000 + (free % 2), 41_000, new PortSet())).toBe(free);
      expect(ports.firstFree(40_001 - (free % 2), 41_000, new PortSet())).toBe(-1);
    }
  });
});

describe('connect() looks for a port', () => {
  const range = fc.record({
    low: fc.integer({ min: 1, max: 60_000 }),
    width: fc.integer({ min: 1, max: 300 }),
    seed: fc.nat(),
  });

  it('and finds each of the range once, those of its low end’s parity first; then none is left', () => {
    fc.assert(
      fc.property(range, ({ low, width, seed }) => {
        const high = low + width - 1;
        const ports = new Ports(new Random(seed), () => [low, high]);
        // An odd range leaves its last port out, as the kernel does (`remaining &= ~1U`).
        const count = width > 1 ? width - (width % 2) : 1;
        const found = Array.from({ length: count }, () => ports.connect(REMOTE).port as number);
        expect(found.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => low + i));
        const parities = found.map((port) => (port - low) % 2);
        expect(parities).toEqual(parities.toSorted((a, b) => a - b));
        expect(ports.connect(REMOTE).port).toBeNull();
      }),
      { seed: 20_260, numRuns: 300 },
    );
  });

  it('and never looks at a port twice: no search examines more than the range has', () => {
    fc.assert(
      fc.property(range, fc.array(fc.nat(400), { maxLength: 100 }), ({ low, width, seed }, steps) => {
        const ports = new Ports(new Random(seed), () => [low, low + width - 1]);
        const taken: number[] = [];
        for (const step of steps) {
          if (step > 300 && taken.length > 0) {
            ports.release(REMOTE, taken.splice(step % taken.length, 1)[0] as number);
            continue;
          }
          const { port, examined } = ports.connect(REMOTE);
          expect(examined).toBeGreaterThan(0);
          expect(examined).toBeLessThanOrEqual(width);
          if (port !== null) taken.push(port);
        }
      }),
      { seed: 20_260, numRuns: 300 },
    );
  });

  it('and takes the same port towards another destination, and one that is free again', () => {
    const ports = new Ports(new Random(1), () => [50_000, 50_001]);
    const both = (port: number) =>
      [ports.connect(remoteOf(port)).port, ports.connect(remoteOf(port)).port].toSorted();
    expect([both(80), both(443)]).toEqual([
      [50_000, 50_001],
      [50_000, 50_001],
    ]);
    ports.release(remoteOf(80), 50_001);
    expect([ports.connect(remoteOf(80)).port, ports.connect(remoteOf(80)).port]).toEqual([50_001, null]);
  });

  it('and leaves alone what bind() has taken', () => {
    const ports = new Ports(new Random(1), () => [50_000, 50_003]);
    ports.bind(50_002, ownerOf());
    const found = [1, 2, 3].map(() => ports.connect(REMOTE).port);
    expect(found.toSorted()).toEqual([50_000, 50_001, 50_003]);
    expect(ports.connect(REMOTE).port).toBeNull();
  });
});

const ownerOf = (more: Partial<PortOwner> & { address?: string } = {}): PortOwner => ({
  local: { address: more.address ?? '0.0.0.0', port: 0 },
  reuses: more.reuses ?? false,
  isListening: more.isListening ?? false,
});

describe('bind()', () => {
  it.each([
    ['any address twice', {}, {}, false],
    ['two addresses', { address: '192.0.2.1' }, { address: '127.0.0.1' }, true],
    ['an address, and then any', { address: '192.0.2.1' }, {}, false],
    ['any twice with SO_REUSEADDR, nobody listens', { reuses: true }, { reuses: true }, true],
    ['any twice, and only one says SO_REUSEADDR', {}, { reuses: true }, false],
    ['a listener’s with SO_REUSEADDR', { reuses: true, isListening: true }, { reuses: true }, false],
  ] as const)('to %s', (_words, first, second, goes) => {
    const ports = new Ports(new Random(1), () => [32_768, 60_999]);
    expect(ports.bind(80, ownerOf(first)).port).toBe(80);
    expect(ports.bind(80, ownerOf(second)).port).toBe(goes ? 80 : null);
  });

  it('to any port takes the other parity first, finds all of the range, and then none', () => {
    const ports = new Ports(new Random(7), () => [40_000, 40_009]);
    const found = Array.from({ length: 10 }, () => ports.bind(0, ownerOf()).port as number);
    expect(found.slice(0, 5).every((port) => port % 2 === 1)).toBe(true);
    expect(new Set(found).size).toBe(10);
    expect(ports.bind(0, ownerOf())).toMatchObject({ port: null, examined: 10 });
  });

  it('finds a port free again when its last owner has given it up', () => {
    const ports = new Ports(new Random(1), () => [32_768, 60_999]);
    const [one, other] = [ownerOf({ reuses: true }), ownerOf({ reuses: true })];
    ports.bind(80, one);
    ports.bind(80, other);
    ports.disown(80, one);
    expect(ports.bind(80, ownerOf()).port).toBeNull();
    ports.disown(80, other);
    expect(ports.bind(80, ownerOf()).port).toBe(80);
  });
});

describe('a machine with ten local ports', () => {
  it('connects ten times to one place, then says EADDRNOTAVAIL; another place is free', () => {
    const lab = new Lab(['host', 'other'], { rtt_ms: 10, sysctl: { ip_local_port_range: [40_000, 40_009] } });
    const hand = lab.hand();
    const connect = (port: number) => {
      const fd = hand.call('socket', { nonblocking: true });
      return hand.call('connect', { fd, address: '192.0.2.2', port });
    };
    expect(Array.from({ length: 11 }, () => connect(80))).toEqual([
      ...Array(10).fill('EINPROGRESS'),
      'EADDRNOTAVAIL',
    ]);
    expect(connect(81)).toBe('EINPROGRESS');
    const taken = [...lab.now().sockets.values()].filter(({ remote }) => remote.port === 80);
    expect(taken.map(({ local }) => local.port).toSorted()).toEqual(
      Array.from({ length: 10 }, (_, i) => 40_000 + i),
    );
    hand.call('close', { fd: 7 });
    expect(connect(80)).toBe('EINPROGRESS');
  });
});

describe('a set of ports', () => {
  it('finds the same free port as one who looks at each, however full it is', () => {
    const [low, high] = [30_000, 33_000];
    const port = fc.integer({ min: low, max: high });
    // Nearly all are taken, so that whole words and rows of words are full.
    const holes = fc.array(port, { maxLength: 8 });
    fc.assert(
      fc.property(
        holes,
        holes,
        fc.array(port, { maxLength: 4 }),
        port,
        port,
        (free, again, bound, from, end) => {
          const set = new PortSet();
          const other = new PortSet();
          for (let each = low; each <= high; each++) set.add(each);
          for (const each of free) set.delete(each);
          for (const each of again) set.add(each);
          for (const each of bound) other.add(each);
          let expected = -1;
          for (let each = from; each < end && expected < 0; each += 2)
            if (!set.has(each) && !other.has(each)) expected = each;
          expect(set.firstFree(from, end, other)).toBe(expected);
        },
      ),
      { seed: 20_263, numRuns: 500 },
    );
  });
});
