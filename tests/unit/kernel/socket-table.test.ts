import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SocketTable, type Tuple } from '#simulations/kernel/socket-table.ts';
import type { Endpoint } from '#simulations/network/packet.ts';

const end = (address: string, port: number): Endpoint => ({ address, port });
const table = () => new SocketTable<Tuple, { readonly local: Endpoint }>();

describe('connections in a table of sockets', () => {
  const anyEnd = fc.record({
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', '127.0.0.1'),
    port: fc.constantFrom(1, 80, 65_535),
  });
  const step = fc.record({ do: fc.constantFrom('insert', 'remove'), local: anyEnd, remote: anyEnd });

  it('are found by both ends, as in a list that is searched from end to end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const sockets = table();
        const list: Tuple[] = [];
        const isAt =
          ({ local, remote }: Tuple) =>
          (one: Tuple) =>
            one.local.address === local.address &&
            one.local.port === local.port &&
            one.remote.address === remote.address &&
            one.remote.port === remote.port;
        for (const { do: what, ...tuple } of steps) {
          const known = list.find(isAt(tuple));
          if (what === 'insert') {
            expect(sockets.insert(tuple)).toBe(known === undefined);
            if (!known) list.push(tuple);
          } else if (known) {
            // Another with the same ends does not take it away.
            sockets.remove(tuple);
            expect(sockets.find(tuple.local, tuple.remote)).toBe(known);
            sockets.remove(known);
            list.splice(list.indexOf(known), 1);
          }
          for (const { local, remote } of steps)
            expect(sockets.find(local, remote)).toBe(list.find(isAt({ local, remote })));
        }
      }),
      { seed: 20_260, numRuns: 500 },
    );
  });
});

describe('listeners in a table of sockets', () => {
  it('are found by their port: one of that very address before one of any', () => {
    const sockets = table();
    const [any, one, other] = [end('0.0.0.0', 80), end('192.0.2.1', 80), end('0.0.0.0', 443)].map(
      (local) => ({
        local,
      }),
    );
    for (const listener of [any, one, other]) if (listener) sockets.listen(listener);
    expect(sockets.listener(end('192.0.2.1', 80))).toBe(one);
    expect(sockets.listener(end('127.0.0.1', 80))).toBe(any);
    expect(sockets.listener(end('192.0.2.1', 443))).toBe(other);
    expect(sockets.listener(end('192.0.2.1', 22))).toBeUndefined();
    if (one) sockets.unlisten(one);
    expect(sockets.listener(end('192.0.2.1', 80))).toBe(any);
    if (any) sockets.unlisten(any);
    expect(sockets.listener(end('192.0.2.1', 80))).toBeUndefined();
  });

  it('are found at no other address than their own', () => {
    const sockets = table();
    sockets.listen({ local: end('127.0.0.1', 80) });
    expect(sockets.listener(end('192.0.2.1', 80))).toBeUndefined();
  });
});
