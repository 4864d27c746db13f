/**
 * Scripts in packetdrill's language: what a program calls, what arrives, and what must leave, each with its time.
 *
 * Written from the language's public description. Left out: UDP, IPv6, Fast Open, scripts in other languages,
 * defines, more than one connection at a time. A shell command may only set sysctls of `net.ipv4`, a `%{ }%` block
 * may only compare fields of `struct tcp_info` with numbers.
 */
import { type Call, type Expected, parseCall } from './call.ts';
import { parsePacket, type ScriptIcmp, type ScriptSegment } from './packet.ts';
import { Scanner } from './scanner.ts';

/** When a step happens. */
export type When =
  /** Counted from the beginning, or from when the step before really happened. `to_us` ends a range. */
  | { readonly kind: 'absolute' | 'relative'; readonly from_us: number; readonly to_us: number }
  /** `*`: whenever. */
  | { readonly kind: 'any' };

export interface Sysctl {
  /** Below `net.ipv4`. */
  readonly name: string;
  readonly value: string;
}

/** `assert tcpi_snd_cwnd == 10`. */
export interface Check {
  readonly field: string;
  readonly operator: Operator;
  readonly value: number;
}
export type Operator = '==' | '!=' | '<=' | '>=' | '<' | '>';

export type Step = { readonly line: number; readonly when: When } & (
  | { readonly kind: 'inbound'; readonly packet: ScriptSegment | ScriptIcmp }
  | { readonly kind: 'outbound'; readonly packet: ScriptSegment }
  /** `sleeps_us`: how long after its beginning it must return (`start...end`), or null when it does not sleep. */
  | {
      readonly kind: 'call';
      readonly call: Call;
      readonly expected: Expected;
      readonly sleeps_us: number | null;
    }
  | { readonly kind: 'sysctl'; readonly sysctls: readonly Sysctl[] }
  | { readonly kind: 'assert'; readonly checks: readonly Check[] }
);

export interface Script {
  readonly name: string;
  /** The comment that the script opens with. */
  readonly about: string;
  /** How far a time may be off either way, in µs. */
  readonly tolerance_us: number;
  /** Those that hold before the first step. */
  readonly sysctls: readonly Sysctl[];
  readonly steps: readonly Step[];
}

/** packetdrill's own: one jiffy at HZ 250. */
const TOLERANCE_us = 4000;
const SECONDS = /\d+(?:\.\d+)?|\.\d+/;

/** @param name for messages: the file's @throws ScriptError with the line */
export function parseScript(name: string, text: string): Script {
  const s = new Scanner(name, text);
  let tolerance_us = TOLERANCE_us;
  const sysctls: Sysctl[] = [];
  const steps: Step[] = [];
  while (!s.isAtEnd) {
    if (s.sees(/--/)) {
      if (steps.length) s.fail('options (`--name=value`) stand before the first step');
      s.expect(/--tolerance_usecs=/, '`--tolerance_usecs=MICROSECONDS` (the one option that is known)');
      tolerance_us = Number(s.expect(/\d+/, 'a number of microseconds'));
    } else if (s.sees(/`/) && steps.length === 0) sysctls.push(...parseShell(s));
    else steps.push(parseStep(s));
  }
  return { name, about: aboutOf(text), tolerance_us, sysctls, steps };
}

function parseStep(s: Scanner): Step {
  const { line } = s;
  const { when, sleeps_us } = parseWhen(s);
  const isBlocking = sleeps_us !== null;
  if (isBlocking && !s.sees(/[a-z]\w*\s*\(/))
    s.fail('only a system call has a time at which it returns', line);
  if (s.take(/</)) return { line, when, kind: 'inbound', packet: parsePacket(s) };
  if (s.take(/>/)) {
    const packet = parsePacket(s);
    if (packet.kind === 'icmp') s.fail('ICMP can only come in', line);
    return { line, when, kind: 'outbound', packet };
  }
  if (s.sees(/`/)) return { line, when, kind: 'sysctl', sysctls: parseShell(s) };
  if (s.sees(/%\{/)) return { line, when, kind: 'assert', checks: parseChecks(s) };
  return { line, when, kind: 'call', ...parseCall(s), sleeps_us };
}

/** `1.5`, `+.1`, `+.1~+.2`, `*`, and for a call that sleeps `+0...0.2`. */
function parseWhen(s: Scanner): { when: When; sleeps_us: number | null } {
  const { line } = s;
  if (s.take(/\*/)) return { when: { kind: 'any' }, sleeps_us: null };
  const kind = s.take(/\+/) ? 'relative' : 'absolute';
  const from_us = parseTime(s);
  let to_us = from_us;
  let sleeps_us: number | null = null;
  if (s.take(/~/)) {
    s.take(/\+/);
    to_us = parseTime(s);
  } else if (s.take(/\.\.\./)) {
    s.take(/\+/);
    sleeps_us = parseTime(s) - from_us;
  }
  if (to_us < from_us || (sleeps_us ?? 0) < 0) s.fail('a range of time must not end before it begins', line);
  return { when: { kind, from_us, to_us }, sleeps_us };
}

const parseTime = (s: Scanner): number =>
  Math.round(Number(s.expect(SECONDS, 'a time in seconds (`1.5`, `+.1`, `+.1~+.2`, `*`)')) * 1e6);

/** `sysctl -q net.ipv4.tcp_sack=0`, one or more, by line or by `;` or `&&`. */
function parseShell(s: Scanner): Sysctl[] {
  const { line } = s;
  const text = s.expect(/`[^`]*`/, 'a command in backticks').slice(1, -1);
  return text
    .split(/\n|;|&&/)
    .map((command) => command.trim())
    .filter(Boolean)
    .map((command) => {
      const found = /^sysctl\s+(?:-q\s+|-w\s+)*net\.ipv4\.(\w+)=(?:"([^"]*)"|(\S+))$/.exec(command);
      if (!found)
        s.fail(
          `the one command that is known is \`sysctl -q net.ipv4.NAME=VALUE\`, not \`${command}\``,
          line,
        );
      const [, name = '', quoted, plain] = found;
      return { name, value: quoted ?? plain ?? '' };
    });
}

function parseChecks(s: Scanner): Check[] {
  const { line } = s;
  const text = s.expect(/%\{[\s\S]*?\}%/, '`%{ … }%`').slice(2, -2);
  return text
    .split(/\n|;/)
    .map((statement) => statement.trim())
    .filter(Boolean)
    .map((statement) => {
      const found = /^assert\s+(tcpi_\w+)\s*(==|!=|<=|>=|<|>)\s*(-?\d+)(?:\s*,.*)?$/.exec(statement);
      if (!found)
        s.fail(
          `the one statement that is known is \`assert tcpi_FIELD == NUMBER\`, not \`${statement}\``,
          line,
        );
      const [, field = '', operator, value] = found;
      return { field, operator: operator as Operator, value: Number(value) };
    });
}

/** The lines of `//` that the text begins with. */
function aboutOf(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.slice(2).trim())
    .join(' ')
    .trim();
}
