/**
 * System calls: what a script asks for, by name, and what it says that comes back.
 *
 * A new call is a new entry of CALLS, and one in each bench.
 */
import { constants } from 'node:os';
import { type Expression, parseItems, toNumber } from './expression.ts';
import type { Scanner } from './scanner.ts';

export type Value = number | string | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** A request to a kernel, its arguments by name. Descriptors are the script's; benches get their own. */
export interface Call {
  readonly name: string;
  readonly args: { readonly [name: string]: Value };
}

/** What a call must give back. */
export interface Expected {
  /** Null where the script says `?`. */
  readonly value: number | null;
  readonly errno: string | null;
  /** What the call writes through pointers; only what is named here is compared. */
  readonly out: { readonly [name: string]: Value };
}

interface Meaning {
  readonly args: { readonly [name: string]: Value };
  readonly out?: { readonly [name: string]: Value };
}

/** What is wrong with an argument. */
class Misuse extends Error {}

/** By name, what the arguments stand for. */
const CALLS: { readonly [name: string]: (args: readonly Expression[]) => Meaning } = {
  socket: ([, type]) => {
    const names = type?.kind === 'names' ? type.names : [];
    if (!names.includes('SOCK_STREAM')) throw new Misuse('a type with SOCK_STREAM');
    return { args: { nonblocking: names.includes('SOCK_NONBLOCK') } };
  },
  bind: ([fd, to]) => ({ args: { fd: int(fd), ...address(to) } }),
  connect: ([fd, to]) => ({ args: { fd: int(fd), ...address(to) } }),
  listen: ([fd, backlog]) => ({ args: { fd: int(fd), backlog: int(backlog) } }),
  accept: ([fd]) => ({ args: { fd: int(fd), flags: [] } }),
  accept4: ([fd, , , flags]) => ({ args: { fd: int(fd), flags: names(flags) } }),
  read: ([fd, , bytes]) => ({ args: { fd: int(fd), bytes: int(bytes) } }),
  write: ([fd, , bytes]) => ({ args: { fd: int(fd), bytes: int(bytes) } }),
  recv: ([fd, , bytes, flags]) => ({ args: { fd: int(fd), bytes: int(bytes), flags: names(flags) } }),
  send: ([fd, , bytes, flags]) => ({ args: { fd: int(fd), bytes: int(bytes), flags: names(flags) } }),
  writev: ([fd, buffers]) => ({
    args: { fd: int(fd), buffers: list(buffers).map((each) => int(field(each, '1'))) },
  }),
  close: ([fd]) => ({ args: { fd: int(fd) } }),
  shutdown: ([fd, how]) => ({ args: { fd: int(fd), how: names(how)[0] ?? '' } }),
  setsockopt: ([fd, level, option, value]) => ({
    args: { fd: int(fd), level: name(level), option: name(option), value: optionValue(value) },
  }),
  getsockopt: ([fd, level, option, value]) => ({
    args: { fd: int(fd), level: name(level), option: name(option) },
    out: { value: optionValue(value) },
  }),
  poll: ([fds, , timeout]) => ({
    args: {
      fds: list(fds).map((each) => ({ fd: int(field(each, 'fd')), events: names(field(each, 'events')) })),
      timeout_ms: int(timeout),
    },
    out: { revents: list(fds).map((each) => names(field(each, 'revents')).toSorted()) },
  }),
  fcntl: ([fd, command, flags]) => ({
    args: { fd: int(fd), command: name(command), flags: flags ? names(flags) : [] },
  }),
  ioctl: ([fd, request, value]) => ({
    args: { fd: int(fd), request: name(request) },
    out: { value: optionValue(value) },
  }),
};

/** `name(arguments) = value ERRNO (comment)`. @throws ScriptError */
export function parseCall(s: Scanner): { call: Call; expected: Expected } {
  const line = s.line;
  const called = s.expect(/[a-z]\w*/, 'a packet (`<`, `>`), a system call, `sysctl` or %{ assert }%');
  const meaning = CALLS[called];
  if (!meaning)
    s.fail(`no system call \`${called}\` is known here: known are ${Object.keys(CALLS).join(', ')}`, line);
  s.expect(/\(/, '`(`');
  const expressions = parseItems(s, /\)/, '`)`');
  s.expect(/=/, '`=` and what the call returns');
  const value = s.expect(/-?0x[0-9a-fA-F]+|-?\d+|\?/, 'what the call returns (a number or `?`)');
  const errno = s.take(/E[A-Z0-9]+\b/);
  s.take(/\([^)\n]*\)/);
  if ((value === '-1') !== (errno !== null))
    s.fail(errno ? `with ${errno} a call returns -1` : 'a call that returns -1 must name its errno', line);
  try {
    const { args, out = {} } = meaning(expressions);
    return {
      call: { name: called, args },
      expected: { value: value === '?' ? null : toNumber(value), errno, out: errno ? {} : out },
    };
  } catch (error) {
    if (error instanceof Misuse) s.fail(`${called}() takes ${error.message}`, line);
    throw error;
  }
}

function int(expression: Expression | undefined): number {
  if (expression?.kind !== 'number') throw new Misuse('a number there');
  return expression.value;
}

function name(expression: Expression | undefined): string {
  const [only, more] = names(expression);
  if (!only || more) throw new Misuse('one name there');
  return only;
}

/** Names joined by `|`; 0 is none. */
function names(expression: Expression | undefined): readonly string[] {
  if (expression?.kind === 'number' && expression.value === 0) return [];
  if (expression?.kind !== 'names') throw new Misuse('names joined by `|`, or 0');
  return expression.names;
}

function list(expression: Expression | undefined): readonly Expression[] {
  if (expression?.kind !== 'list') throw new Misuse('a list in brackets');
  return expression.items;
}

function field(expression: Expression, key: string): Expression | undefined {
  if (expression.kind !== 'struct') throw new Misuse('structures in braces');
  return expression.fields[key];
}

/** Null for what the player chooses. */
function address(expression: Expression | undefined): { address: string | null; port: number | null } {
  if (expression?.kind !== 'struct') return { address: null, port: null };
  const { sin_addr, sin_port } = expression.fields;
  const text = sin_addr?.kind === 'call' ? sin_addr.args[0] : undefined;
  return {
    address: text?.kind === 'string' ? text.value : null,
    port: sin_port?.kind === 'call' ? int(sin_port.args[0]) : null,
  };
}

/** `[1]`, `[ECONNREFUSED]`, `{onoff=1, linger=2}`, `{tv_sec=0, tv_usec=200000}`. */
function optionValue(expression: Expression | undefined): Value {
  const inner = expression?.kind === 'list' ? expression.items[0] : expression;
  if (inner?.kind === 'number') return inner.value;
  if (inner?.kind === 'names') return errnoNumber(name(inner));
  if (inner?.kind === 'struct')
    return Object.fromEntries(Object.entries(inner.fields).map(([key, each]) => [key, int(each)]));
  throw new Misuse('a value in brackets or a structure in braces');
}

/** An errno by its number, as SO_ERROR has it. */
export function errnoNumber(name: string): number {
  const number = (constants.errno as { readonly [name: string]: number })[name];
  if (number === undefined) throw new Misuse('a number or the name of an errno there');
  return number;
}
