/** The words of a command line as getopt_long(3) takes them: `-tan`, `-p 5`, `-p5`, `--numeric`, `--pid=5`, and the rest. */

/** What an option is called, by letter or long name. */
export interface OptionNames<Name extends string> {
  /** Letters, and what they mean. */
  readonly short: Readonly<Record<string, Name>>;
  /** Long names, and what they mean. */
  readonly long: Readonly<Record<string, Name>>;
  /** Those that need a value. */
  readonly valued?: readonly Name[];
}

export interface Options<Name extends string> {
  /** In the order in which they were given. */
  readonly given: readonly { readonly name: Name; readonly value: string }[];
  has(name: Name): boolean;
  /** Of the last one, or null. */
  value(name: Name): string | null;
  /** The words that belong to no option. */
  readonly operands: readonly string[];
}

/** Words that the tool does not understand. The message is getopt's, without the name of the tool. */
export class UsageError extends Error {}

/** @throws UsageError for an option that is none, or that lacks its value */
export function parseOptions<Name extends string>(
  argv: readonly string[],
  { short, long, valued = [] }: OptionNames<Name>,
): Options<Name> {
  const given: { name: Name; value: string }[] = [];
  const operands: string[] = [];
  const words = [...argv];
  const next = (message: string): string => {
    const word = words.shift();
    if (word === undefined) throw new UsageError(message);
    return word;
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') operands.push(...words.splice(0));
    else if (word.startsWith('--')) {
      const [title = '', ...rest] = word.slice(2).split('=');
      const name = long[title];
      if (!name) throw new UsageError(`unrecognized option '--${title}'`);
      if (!valued.includes(name) && rest.length > 0)
        throw new UsageError(`option '--${title}' doesn't allow an argument`);
      const attached = rest.length > 0 ? rest.join('=') : null;
      const value = valued.includes(name)
        ? (attached ?? next(`option '--${title}' requires an argument`))
        : '';
      given.push({ name, value });
    } else if (word.startsWith('-') && word !== '-') {
      for (let i = 1; i < word.length; i++) {
        const letter = word[i] ?? '';
        const name = short[letter];
        if (!name) throw new UsageError(`invalid option -- '${letter}'`);
        if (!valued.includes(name)) given.push({ name, value: '' });
        else {
          const attached = word.slice(i + 1);
          given.push({ name, value: attached || next(`option requires an argument -- '${letter}'`) });
          break;
        }
      }
    } else operands.push(word);
  }
  return {
    given,
    operands,
    has: (name) => given.some((option) => option.name === name),
    value: (name) => given.findLast((option) => option.name === name)?.value ?? null,
  };
}
