/** The arguments of a system call as a script writes them: C's and strace's notation mixed. */
import type { Scanner } from './scanner.ts';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  /** `POLLIN|POLLOUT` */
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'string'; readonly value: string }
  /** `...`: whatever the player chooses. */
  | { readonly kind: 'any' }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  /** `{fd=4, events=POLLIN}`; what has no name goes by its position, `0`, `1`, … */
  | { readonly kind: 'struct'; readonly fields: { readonly [name: string]: Expression } }
  /** `htons(8080)` */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

const NAME = /[A-Za-z_]\w*/;
const NUMBER = /-?(?:0x[0-9a-fA-F]+|\d+)/;

/** One argument. @throws ScriptError */
export function parseExpression(s: Scanner): Expression {
  if (s.take(/\.\.\./)) return { kind: 'any' };
  if (s.take(/\[/)) return { kind: 'list', items: parseItems(s, /\]/, '`]`') };
  if (s.take(/\{/)) return parseStruct(s);
  const text = s.take(/"[^"\n]*"/);
  if (text !== null) return { kind: 'string', value: text.slice(1, -1) };
  const digits = s.take(NUMBER);
  if (digits !== null) return { kind: 'number', value: toNumber(digits) };
  const name = s.expect(
    NAME,
    'an argument (a number, a name, a "string", `...`, `[list]` or `{field=value}`)',
  );
  if (s.take(/\(/)) return { kind: 'call', name, args: parseItems(s, /\)/, '`)`') };
  const names = [name];
  while (s.take(/\|/)) names.push(s.expect(NAME, 'a name'));
  return { kind: 'names', names };
}

/** What stands between an opening bracket and `end`, which is passed over. @throws ScriptError */
export function parseItems(s: Scanner, end: RegExp, endName: string): Expression[] {
  const items: Expression[] = [];
  if (s.take(end)) return items;
  do items.push(parseExpression(s));
  while (s.take(/,/));
  s.expect(end, `\`,\` or ${endName}`);
  return items;
}

function parseStruct(s: Scanner): Expression {
  const fields: { [name: string]: Expression } = {};
  do {
    const name = s.take(/\.?[A-Za-z_]\w*(?=\s*=)/);
    if (name) s.expect(/=/, '`=`');
    fields[name ?? String(Object.keys(fields).length)] = parseExpression(s);
  } while (s.take(/,/));
  s.expect(/\}/, '`,` or `}`');
  return { kind: 'struct', fields };
}

/** `-1`, `10`, `0x802`. */
export const toNumber = (digits: string): number =>
  digits.startsWith('-') ? -Number(digits.slice(1)) : Number(digits);
