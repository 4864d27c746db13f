/**
 * Parameters: one typed schema from which come the command line's help, the form on the page,
 * the link, and the validation.
 */

interface Described {
  /** One line: what it is. */
  readonly help: string;
  /** The kernel's own name for it, where it has one: a sysctl, a socket option. */
  readonly names?: string;
}

/** Parameters settled before this one, in the schema's order. */
export type Earlier = Readonly<Record<string, ParameterValue>>;
type Settled<T> = T | ((earlier: Earlier) => T);

/** A whole number between two limits. The default and the upper limit may depend on earlier parameters. */
export interface IntegerParameter extends Described {
  readonly type: 'integer';
  readonly unit?: 'ms' | 'µs' | 's' | 'bytes';
  readonly min: number;
  readonly max: Settled<number>;
  /** The earlier parameter that decides the limit or the default. */
  readonly hangsOn?: string;
  readonly default: Settled<number>;
  /** What a value with a meaning of its own means, such as 0 for "none". */
  readonly special?: Readonly<Record<number, string>>;
}

/** A number with a few decimals between two limits. */
export interface DecimalParameter extends Omit<IntegerParameter, 'type'> {
  readonly type: 'decimal';
  /** The most decimals that it may have. */
  readonly decimals: number;
}

export interface BooleanParameter extends Described {
  readonly type: 'boolean';
  readonly default: boolean;
}

/** One of a few words. */
export interface ChoiceParameter extends Described {
  readonly type: 'choice';
  /** Value → what it means. */
  readonly choices: Readonly<Record<string, string>>;
  readonly default: string;
}

/** Words in a row, comma-separated: `client.connect,deliver.1`. */
export interface ListParameter extends Described {
  readonly type: 'list';
  /** Word → what it means. `.N` at the end of a word stands for a whole number. */
  readonly words: Readonly<Record<string, string>>;
  /** How many there may be. */
  readonly most: number;
  readonly default: string;
}

/** A parameter whose value is a number. */
export type NumericParameter = IntegerParameter | DecimalParameter;

export type Parameter = NumericParameter | BooleanParameter | ChoiceParameter | ListParameter;
export type ParameterValue = number | boolean | string;

/** Parameters by name. The order is that of help and form, and of settling. */
export type Schema = Readonly<Record<string, Parameter>>;

/** The values of a whole schema. */
export type Values<S extends Schema> = {
  readonly [N in keyof S]: S[N] extends { type: 'integer' | 'decimal' }
    ? number
    : S[N] extends { type: 'boolean' }
      ? boolean
      : string;
};

/** What a person gave: some of the parameters, as text or as values. */
export type Given = Readonly<Record<string, ParameterValue>>;

/** What was wrong with one given value. */
export interface Problem {
  readonly name: string;
  /** One line: what was wrong, and what is allowed. */
  readonly message: string;
}

export interface Settlement<S extends Schema> {
  /** Every parameter, the unsound ones at their defaults. */
  readonly values: Values<S>;
  /** The sound values among those given. */
  readonly given: Given;
  readonly problems: readonly Problem[];
}

const settle = <T>(value: Settled<T>, earlier: Earlier): T =>
  typeof value === 'function' ? (value as (earlier: Earlier) => T)(earlier) : value;

/** The earlier parameters on which a default hangs, as far as they are looked at with these values. */
export function defaultHangsOn(parameter: Parameter, earlier: Earlier): string[] {
  if (typeof parameter.default !== 'function') return [];
  const asked = new Set<string>();
  const watched = new Proxy(earlier, {
    get: (values, name) => {
      if (typeof name === 'string') asked.add(name);
      return Reflect.get(values, name);
    },
  });
  parameter.default(watched);
  return [...asked];
}

/** The default in the light of earlier parameters (a kernel's sysctl depends on the kernel). */
export const defaultOf = (parameter: Parameter, earlier: Earlier): ParameterValue =>
  settle<ParameterValue>(parameter.default, earlier);

/** The largest value in the light of earlier parameters. */
export const maxOf = (parameter: NumericParameter, earlier: Earlier): number =>
  settle(parameter.max, earlier);

/** Whether a parameter's value is a number. */
export const isNumeric = (parameter: Parameter): parameter is NumericParameter =>
  parameter.type === 'integer' || parameter.type === 'decimal';

/** What a parameter allows, in words. */
export function allowed(parameter: Parameter, earlier: Earlier): string {
  if (parameter.type === 'boolean') return 'true or false';
  if (parameter.type === 'choice') return Object.keys(parameter.choices).join(', ');
  if (parameter.type === 'list')
    return `up to ${parameter.most} of ${Object.keys(parameter.words).join(', ')}, comma-separated`;
  const max = maxOf(parameter, earlier);
  const { hangsOn } = parameter;
  const reason = hangsOn ? ` with ${hangsOn} ${earlier[hangsOn]}` : '';
  const kind =
    parameter.type === 'integer' ? 'a whole number' : `a number with up to ${parameter.decimals} decimals`;
  const range =
    max === parameter.min ? `only ${max}${reason}` : `${kind} from ${parameter.min} to ${max}${reason}`;
  return parameter.unit ? `${range} (${parameter.unit})` : range;
}

/** The words of a list's value. */
export const itemsOf = (value: string): string[] =>
  value
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);

function read(parameter: Parameter, raw: ParameterValue, earlier: Earlier): ParameterValue | undefined {
  const text = String(raw).trim();
  if (parameter.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (parameter.type === 'choice') return Object.hasOwn(parameter.choices, text) ? text : undefined;
  if (parameter.type === 'list') {
    const words = itemsOf(text);
    const isKnown = (word: string) => Object.hasOwn(parameter.words, word.replace(/\.\d{1,6}$/, '.N'));
    return words.length <= parameter.most && words.every(isKnown) ? words.join(',') : undefined;
  }
  const decimals = parameter.type === 'decimal' ? parameter.decimals : 0;
  if (!/^-?\d{1,15}(\.\d+)?$/.test(text) || (text.split('.')[1]?.length ?? 0) > decimals) return undefined;
  const value = Number(text) || 0;
  return value >= parameter.min && value <= maxOf(parameter, earlier) ? value : undefined;
}

/**
 * Settles a whole schema from what was given. An unknown name or an unsound value becomes a
 * problem and the default takes its place, so that a page can go on with what is sound.
 */
export function settleParameters<S extends Schema>(schema: S, given: Given): Settlement<S> {
  const values: Record<string, ParameterValue> = {};
  const sound: Record<string, ParameterValue> = {};
  const problems: Problem[] = [];
  for (const [name, parameter] of Object.entries(schema)) {
    values[name] = defaultOf(parameter, values);
    const raw = Object.hasOwn(given, name) ? given[name] : undefined;
    if (raw === undefined) continue;
    const value = read(parameter, raw, values);
    if (value === undefined)
      problems.push({
        name,
        message: `${name} cannot be "${raw}": allowed is ${allowed(parameter, values)}`,
      });
    else sound[name] = values[name] = value;
  }
  for (const name of Object.keys(given))
    if (!Object.hasOwn(schema, name))
      problems.push({
        name,
        message: `there is no parameter "${name}": the parameters are ${Object.keys(schema).join(', ')}`,
      });
  return { values: values as Values<S>, given: sound, problems };
}
