/**
 * Local ports: which are taken, and how connect() and bind() find a free one (`__inet_hash_connect`,
 * `inet_csk_find_open_port`, `inet_csk_bind_conflict`).
 *
 * connect() tries every second port from a place of its own for each destination, first those of the parity of the
 * range's low end, then the others. Taken ports are skipped a word of 32 at a time, and words that are full 32 at a time.
 *
 * Left out: `ip_local_reserved_ports`, SO_REUSEPORT, `tcp_tw_reuse`, IP_LOCAL_PORT_RANGE, buckets by local address.
 */
import type { Random } from '../engine/random.ts';
import { type Endpoint, endpointText } from '../network/packet.ts';

const PORTS = 65_536;
const WORD = 32;
/** Every second bit of a word. */
const maskOf = (parity: 0 | 1): number => (parity === 0 ? 0x55555555 : ~0x55555555);

/** The place of the lowest bit that is set. */
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);

/** A set of ports, one bit each, and of each parity one bit for each word that is full. */
export class PortSet {
  readonly #words = new Int32Array(PORTS / WORD);
  readonly #full = [new Int32Array(PORTS / WORD / WORD), new Int32Array(PORTS / WORD / WORD)] as const;

  has(port: number): boolean {
    return ((this.#words[port >> 5] as number) >>> (port & 31)) % 2 === 1;
  }

  add(port: number): void {
    const word = port >> 5;
    const bits = (this.#words[word] as number) | (1 << (port & 31));
    this.#words[word] = bits;
    const parity = (port & 1) as 0 | 1;
    if ((~bits & maskOf(parity)) === 0) {
      const full = this.#full[parity];
      full[word >> 5] = (full[word >> 5] as number) | (1 << (word & 31));
    }
  }

  delete(port: number): void {
    const word = port >> 5;
    this.#words[word] = (this.#words[word] as number) & ~(1 << (port & 31));
    const full = this.#full[(port & 1) as 0 | 1];
    full[word >> 5] = (full[word >> 5] as number) & ~(1 << (word & 31));
  }

  /** The first port of the parity of `from`, from it to before `end`, that is in neither set; −1 where there is none. */
  firstFree(from: number, end: number, other: PortSet): number {
    const parity = (from & 1) as 0 | 1;
    const full = this.#full[parity];
    let mask = maskOf(parity) & (-1 << (from & 31));
    for (let word = from >> 5; word << 5 < end; mask = maskOf(parity)) {
      const free = ~((this.#words[word] as number) | (other.#words[word] as number)) & mask;
      if (free !== 0) {
        const port = (word << 5) + lowest(free);
        return port < end ? port : -1;
      }
      word++;
      // Words that are full are stepped over, as many as stand together.
      const room = ~((full[word >> 5] ?? 0) >> (word & 31));
      word = room === 0 ? ((word >> 5) + 1) << 5 : word + lowest(room);
    }
    return -1;
  }
}

/** Who has a port. */
export interface PortOwner {
  readonly local: Endpoint;
  /** SO_REUSEADDR. */
  readonly reuses: boolean;
  readonly isListening: boolean;
}

/** What a search found. */
export interface Found {
  /** Null where every port of the range is taken: EADDRNOTAVAIL, or EADDRINUSE for bind(). */
  readonly port: number | null;
  /** Ports that were looked at. */
  readonly examined: number;
}

/** The search for one destination: where it begins, and what is taken towards it. */
interface Destination {
  offset: number;
  readonly taken: PortSet;
  /** A range in which a search found no free port, and in which none has become free since; else null. */
  full: readonly [low: number, high: number] | null;
}

export class Ports {
  readonly #random: Random;
  readonly #range: () => readonly [low: number, high: number];
  readonly #owners = new Map<number, Set<PortOwner>>();
  /** Ports that bind() or listen() has taken: connect() leaves them alone. */
  readonly #bound = new PortSet();
  readonly #destinations = new Map<string, Destination>();

  /** @param range sysctl `ip_local_port_range`, both ends included */
  constructor(random: Random, range: () => readonly [low: number, high: number]) {
    this.#random = random;
    this.#range = range;
  }

  /** A port towards a destination: `__inet_hash_connect`. It is taken towards it from now on. */
  connect(remote: Endpoint): Found {
    const [low, high] = this.#range();
    const width = high + 1 - low;
    const remaining = width > 1 ? width & ~1 : width;
    const destination = this.#towards(remote);
    if (destination.full?.[0] === low && destination.full[1] === high)
      return { port: null, examined: remaining };
    const offset = (destination.offset % remaining) & ~1;
    let examined = 0;
    for (const parity of remaining > 1 ? [0, 1] : [0]) {
      const start = low + offset + parity;
      const { taken } = destination;
      let port = taken.firstFree(start, low + remaining, this.#bound);
      if (port < 0 && offset > 0) {
        port = taken.firstFree(low + parity, start, this.#bound);
        if (port >= 0) examined += (low + remaining - start + 1) >> 1;
        if (port >= 0) examined += (port - low - parity) / 2 + 1;
      } else if (port >= 0) examined += (port - start) / 2 + 1;
      if (port < 0) {
        examined += remaining > 1 ? remaining / 2 : 1;
        continue;
      }
      const steps = port >= start ? port - start : port + remaining - start;
      // The next search begins a little further, so that nobody can tell where.
      destination.offset += Math.max(steps, this.#random.integer(0, 7) * 2) + 2;
      taken.add(port);
      return { port, examined };
    }
    destination.full = [low, high];
    return { port: null, examined };
  }

  /** A port towards a destination that was chosen otherwise: by bind(), or by the peer's SYN. */
  take(remote: Endpoint, port: number): void {
    this.#destinations.get(endpointText(remote))?.taken.add(port);
  }

  /** A port is free again towards a destination. */
  release(remote: Endpoint, port: number): void {
    const destination = this.#destinations.get(endpointText(remote));
    if (!destination) return;
    destination.taken.delete(port);
    destination.full = null;
  }

  /** bind() to a port, or with 0 to any: `inet_csk_get_port`. */
  bind(port: number, owner: PortOwner): Found {
    if (port === 0) return this.#bindAny(owner);
    for (const other of this.#owners.get(port) ?? [])
      if (conflicts(owner, other)) return { port: null, examined: 1 };
    this.own(port, owner);
    this.#bound.add(port);
    return { port, examined: 1 };
  }

  /** `inet_csk_find_open_port`: the other parity first, so that connect() finds the rest. */
  #bindAny(owner: PortOwner): Found {
    const [low, high] = this.#range();
    const remaining = Math.max(1, (high + 1 - low) & ~1);
    const start = this.#random.integer(0, remaining - 1) | 1;
    let examined = 0;
    for (const offset of [start, start & ~1])
      for (let i = 0; i < remaining; i += 2) {
        const port = low + ((offset + i) % remaining);
        examined++;
        if (this.#owners.has(port)) continue;
        return { ...this.bind(port, owner), examined };
      }
    return { port: null, examined };
  }

  /** Somebody has a port, beside others perhaps. */
  own(port: number, owner: PortOwner): void {
    const owners = this.#owners.get(port);
    if (owners) owners.add(owner);
    else this.#owners.set(port, new Set([owner]));
  }

  disown(port: number, owner: PortOwner): void {
    const owners = this.#owners.get(port);
    if (!owners?.delete(owner) || owners.size > 0) return;
    this.#owners.delete(port);
    if (!this.#bound.has(port)) return;
    this.#bound.delete(port);
    for (const destination of this.#destinations.values()) destination.full = null;
  }

  #towards(remote: Endpoint): Destination {
    const key = endpointText(remote);
    const known = this.#destinations.get(key);
    if (known) return known;
    const destination = { offset: this.#random.bits(), taken: new PortSet(), full: null };
    this.#destinations.set(key, destination);
    return destination;
  }
}

const ANY = '0.0.0.0';

/** `inet_bind_conflict`: two sockets share a port only if both say SO_REUSEADDR and neither listens, or at other addresses. */
function conflicts(one: PortOwner, other: PortOwner): boolean {
  if (one === other) return false;
  if (one.reuses && other.reuses && !other.isListening) return false;
  const [a, b] = [one.local.address, other.local.address];
  return a === ANY || b === ANY || a === b;
}
