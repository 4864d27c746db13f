/** The words of lsof: `-a -d -i -n -p -P -s -t +E`. It has a grammar of its own. */
import type { SocketState } from '../../machine/state.ts';
import { UsageError } from '../options.ts';
import { portNumber } from '../services.ts';

/** What is chosen of a kind of words; null where none of the kind was given. */
export interface Choice {
  readonly and: boolean;
  readonly pids: ReadonlySet<number> | null;
  readonly fds: readonly (readonly [number, number])[] | null;
  readonly internet: readonly ((socket: SocketState) => boolean)[] | null;
  /** States of TCP sockets, `-s TCP:…`. */
  readonly states: ReadonlySet<string> | null;
  /** +E: name the other ends of pipes, and list them. */
  readonly ends: boolean;
  /** -t: PIDs and nothing else. */
  readonly terse: boolean;
}

/** `[46][tcp|udp][@host][:ports]`. @throws UsageError */
function internetFilter(words: string): (socket: SocketState) => boolean {
  const parts = /^[46]?(?<protocol>tcp|udp)?(?:@(?<host>[^:]+))?(?::(?<ports>.+))?$/i.exec(words)?.groups;
  if (!parts) throw new UsageError(`unacceptable Internet address in: -i ${words}`);
  const { protocol, host, ports } = parts;
  const ranges = ports?.split(',').map((range) => {
    const [from, to = from] = range.split('-').map(portNumber);
    if (from === undefined || from === null || to === undefined || to === null)
      throw new UsageError(`unknown service ${range} in: -i ${words}`);
    return [from, to] as const;
  });
  return ({ kind, local, remote }) => {
    const ends = [local, remote];
    return (
      (!protocol || protocol.toLowerCase() === kind) &&
      ends.some(
        ({ address, port }) =>
          (!host || address === host) && (!ranges || ranges.some(([from, to]) => from <= port && port <= to)),
      )
    );
  };
}

function ranges(words: string): (readonly [number, number])[] {
  return words.split(',').map((word) => {
    const [from = Number.NaN, to = from] = word.split('-').map(Number);
    if (!(from <= to)) throw new UsageError(`illegal FD range: ${word}`);
    return [from, to] as const;
  });
}

function numbers(words: string): Set<number> {
  return new Set(
    words.split(',').map((word) => {
      if (!/^\d+$/.test(word)) throw new UsageError(`illegal process ID: ${word}`);
      return Number(word);
    }),
  );
}

/** @throws UsageError */
export function parseWords(argv: readonly string[]): Choice {
  let and = false;
  let ends = false;
  let terse = false;
  let pids: Set<number> | null = null;
  let fds: (readonly [number, number])[] | null = null;
  let internet: ((socket: SocketState) => boolean)[] | null = null;
  let states: Set<string> | null = null;
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '+E' || word === '-E') {
      ends = true;
      continue;
    }
    if (!word.startsWith('-')) throw new UsageError(`status error on ${word}: No such file or directory`);
    for (let i = 1; i < word.length; i++) {
      const letter = word[i] ?? '';
      const attached = word.slice(i + 1);
      const value = (): string => {
        i = word?.length ?? i;
        const found = attached || words.shift();
        if (found === undefined) throw new UsageError(`no value for -${letter}`);
        return found;
      };
      if (letter === 'a') and = true;
      else if (letter === 't') terse = true;
      else if (letter === 'p') pids = new Set([...(pids ?? []), ...numbers(value())]);
      else if (letter === 'd') fds = [...(fds ?? []), ...ranges(value())];
      else if (letter === 's') {
        const [, list] = /^TCP:(.+)$/i.exec(value()) ?? [];
        if (!list) throw new UsageError('unsupported -s: a list of TCP states is');
        states = new Set(list.toUpperCase().split(','));
      } else if (letter === 'i') {
        // Without a value it stands before another option, or at the end.
        const next = attached || (words[0]?.startsWith('-') === false ? (words.shift() ?? '') : '');
        internet = [...(internet ?? []), internetFilter(next)];
        break;
      } else if (letter !== 'n' && letter !== 'P')
        throw new UsageError(`illegal option character: ${letter}`);
    }
  }
  return { and, pids, fds, internet, states, ends, terse };
}
