/**
 * The sockets of a machine by what their segments say (`struct inet_hashinfo`, `__inet_lookup_established`,
 * `__inet_lookup_listener`): full sockets, records and connections that stand still, found in constant time.
 *
 * Left out: SO_REUSEPORT groups, bound devices.
 */
import { type Endpoint, familyOf } from '../network/packet.ts';

/** What can be found by its two ends. */
export interface Tuple {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

const ANY = '0.0.0.0';

/** Addresses as numbers of up to 33 bits, each worked out once: IPv4's own, and IPv6's in the order in which they came. */
const numbers = new Map<string, number>();

/** An address and port as one number of up to 49 bits. */
function numberOf({ address, port }: Endpoint): number {
  let number = numbers.get(address);
  if (number === undefined) {
    number =
      familyOf(address) === 'inet6'
        ? 2 ** 32 + numbers.size
        : address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
    numbers.set(address, number);
  }
  return number * 65_536 + port;
}

export class SocketTable<Found extends Tuple, Listener extends { readonly local: Endpoint }> {
  /** By local end, then by remote end. */
  readonly #established = new Map<number, Map<number, Found>>();
  readonly #listeners = new Map<number, Listener[]>();

  /** @returns false where another has the same two ends */
  insert(found: Found): boolean {
    const local = numberOf(found.local);
    let remotes = this.#established.get(local);
    if (!remotes) {
      remotes = new Map();
      this.#established.set(local, remotes);
    }
    const remote = numberOf(found.remote);
    if (remotes.has(remote)) return false;
    remotes.set(remote, found);
    return true;
  }

  /** Nothing happens to one that is not there. */
  remove(found: Found): void {
    const local = numberOf(found.local);
    const remotes = this.#established.get(local);
    const remote = numberOf(found.remote);
    if (remotes?.get(remote) !== found) return;
    remotes.delete(remote);
    if (remotes.size === 0) this.#established.delete(local);
  }

  find(local: Endpoint, remote: Endpoint): Found | undefined {
    return this.#established.get(numberOf(local))?.get(numberOf(remote));
  }

  /** All that {@link find} can find. */
  *connections(): Generator<Found> {
    for (const remotes of this.#established.values()) yield* remotes.values();
  }

  listen(listener: Listener): void {
    const { port } = listener.local;
    this.#listeners.set(port, [...(this.#listeners.get(port) ?? []), listener]);
  }

  unlisten(listener: Listener): void {
    const { port } = listener.local;
    const rest = (this.#listeners.get(port) ?? []).filter((one) => one !== listener);
    if (rest.length > 0) this.#listeners.set(port, rest);
    else this.#listeners.delete(port);
  }

  /** The listener for a local end: one of that very address before one of any. */
  listener(local: Endpoint): Listener | undefined {
    const all = this.#listeners.get(local.port) ?? [];
    return (
      all.find((one) => one.local.address === local.address) ?? all.find((one) => one.local.address === ANY)
    );
  }
}
