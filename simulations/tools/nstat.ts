/**
 * `nstat` of iproute2 6.1: the counters by name, in the kernel's order. What it saw when it ran before is not known here:
 * each run is the first, and prints all since the start, with or without -a.
 */
import { type Command, failed, printed } from './command.ts';
import { COUNTERS, NO_COUNTERS } from './counters.ts';
import { type OptionNames, parseOptions, UsageError } from './options.ts';

type Name = 'ignore' | 'zero' | 'noupdate' | 'reset';

const NAMES: OptionNames<Name> = {
  short: { a: 'ignore', z: 'zero', s: 'noupdate', r: 'reset' },
  long: { ignore: 'ignore', zero: 'zero', noupdate: 'noupdate', reset: 'reset' },
};

/** A shell's pattern: `Tcp*`. */
const pattern = (word: string): RegExp =>
  new RegExp(
    `^${word
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

/** All names in the kernel's order. */
const ALL = Object.entries(COUNTERS)
  .flatMap(([table, names]) => names.map((name) => table + name))
  .filter((name) => !NO_COUNTERS.has(name));

/** Operands are names, or patterns of names. Ends with 255 for words that it does not know. */
export const nstat: Command = ({ counters }, _at_us, argv) => {
  try {
    const options = parseOptions(argv, NAMES);
    const patterns = options.operands.map(pattern);
    const lines = ALL.filter(
      (name) =>
        (options.has('zero') || counters[name]) &&
        (patterns.length === 0 || patterns.some((wanted) => wanted.test(name))),
    ).map((name) => `${name.padEnd(32)}${String(counters[name] ?? 0).padEnd(16)}${'0.0'.padStart(6)}\n`);
    return printed(`#kernel\n${lines.join('')}`);
  } catch (error) {
    if (error instanceof UsageError) return failed(`nstat: ${error.message}`, 255);
    throw error;
  }
};
