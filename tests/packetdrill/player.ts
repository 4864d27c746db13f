/**
 * Plays a script on a bench: calls and arrivals in their time, departures compared with what the script expects.
 *
 * A time with `+` counts from when the step before really happened, so that lateness does not add up. Windows and
 * options are compared where the script writes them. Segments that leave before the last step and that no step
 * expects are an error, as is one that comes too early.
 */
import type { Bench, Ended } from './bench.ts';
import type { Call, Expected, Value } from './call.ts';
import { Connection } from './connection.ts';
import { optionText, type ScriptSegment, segmentText, type TcpOption } from './packet.ts';
import { ScriptError } from './scanner.ts';
import type { Check, Script, Step, When } from './script.ts';

/** How long a step with the time `*` is waited for. */
const WHENEVER_us = 1000e6;
/** Says that the machine was too busy for the player, in the message of a ScriptError. */
export const LATE = 'the player is late';

type CallStep = Extract<Step, { kind: 'call' }>;

/** A call that sleeps, and by when it must have returned. */
interface Asleep {
  readonly id: number;
  readonly step: CallStep;
  readonly began_us: number;
}

/** Plays it to its end. @throws ScriptError at the first step that does not hold; Unsupported by the bench's word */
export async function play(script: Script, bench: Bench): Promise<void> {
  await new Player(script, bench).play();
}

class Player {
  readonly #script: Script;
  readonly #bench: Bench;
  readonly #connection = new Connection();
  /** The bench's descriptor by the script's. */
  readonly #fds = new Map<number, number>();
  #asleep: Asleep[] = [];
  /** When the step before really happened. */
  #last_us = 0;
  /** The bench's descriptor of the socket that was made last. */
  #newest_fd = -1;

  constructor(script: Script, bench: Bench) {
    this.#script = script;
    this.#bench = bench;
  }

  async play(): Promise<void> {
    for (const step of this.#script.steps) {
      await this.#collect(step);
      await this.#playStep(step);
    }
    const end_us = this.#last_us;
    await this.#collect(null);
    const left = await this.#bench.next(end_us);
    const last = this.#script.steps.at(-1);
    if (left && last && left.at_us < end_us)
      throw this.#error(
        last,
        `no step expects what left at ${seconds(left.at_us)}: \`${this.#text(left.segment)}\``,
      );
  }

  /**
   * Looks after the calls that must have returned before a step, or before the end of the script. What wakes a call
   * may stand on several lines of the same time: only a step that is itself a call needs the answer at once.
   */
  async #collect(step: Step | null): Promise<void> {
    const from_us = step ? this.#due(step.when).from_us : Number.POSITIVE_INFINITY;
    const { tolerance_us } = this.#script;
    const rest: Asleep[] = [];
    for (const each of this.#asleep) {
      const due_us = each.began_us + (each.step.sleeps_us ?? 0);
      const isOver = due_us + tolerance_us < from_us || (step?.kind === 'call' && due_us <= from_us);
      if (isOver) this.#compareAnswer(each, await this.#bench.returned(each.id, due_us + tolerance_us));
      else rest.push(each);
    }
    this.#asleep = rest;
  }

  async #playStep(step: Step): Promise<void> {
    const { from_us } = this.#due(step.when);
    switch (step.kind) {
      case 'inbound':
        this.#happened(
          step,
          from_us,
          await this.#bench.inject(from_us, this.#connection.toLive(step.packet)),
        );
        return;
      case 'outbound':
        this.#last_us = await this.#expectSegment(step);
        return;
      case 'call':
        await this.#call(step, from_us);
        return;
      case 'sysctl':
        this.#happened(step, from_us, await this.#bench.wait(from_us));
        await this.#bench.set(step.sysctls);
        return;
      case 'assert':
        this.#happened(step, from_us, await this.#bench.wait(from_us));
        this.#check(step, step.checks, await this.#bench.info(this.#newest_fd));
    }
  }

  /** What the player does late tells nothing of the kernel, right or wrong. */
  #happened(step: Step, due_us: number, at_us: number): void {
    if (at_us - due_us > this.#script.tolerance_us)
      throw this.#error(step, `${LATE}: ${seconds(at_us)}, not ${seconds(due_us)} (is the machine busy?)`);
    this.#last_us = at_us;
  }

  #due(when: When): { from_us: number; to_us: number } {
    if (when.kind === 'any') return { from_us: this.#last_us, to_us: this.#last_us + WHENEVER_us };
    const origin_us = when.kind === 'relative' ? this.#last_us : 0;
    return { from_us: origin_us + when.from_us, to_us: origin_us + when.to_us };
  }

  async #expectSegment(step: Extract<Step, { kind: 'outbound' }>): Promise<number> {
    const { from_us, to_us } = this.#due(step.when);
    const slack_us = step.when.kind === 'any' ? 0 : this.#script.tolerance_us;
    const wanted = segmentText(step.packet);
    const sent = await this.#bench.next(to_us + slack_us);
    const between = step.when.kind === 'any' ? 'any time' : times(from_us, to_us);
    if (!sent) throw this.#error(step, `\`${wanted}\` is expected at ${between}, and nothing leaves`);
    const segment = this.#connection.toScript(sent.segment, step.packet);
    const difference = differenceOf(step.packet, segment, this.#script.tolerance_us);
    const got = `\`${segmentText(segment)}\` leaves at ${seconds(sent.at_us)}`;
    if (difference) throw this.#error(step, `\`${wanted}\` is expected at ${between}; ${got}: ${difference}`);
    if (sent.at_us < from_us - slack_us || sent.at_us > to_us + slack_us)
      throw this.#error(step, `\`${wanted}\` is expected at ${between}; it leaves at ${seconds(sent.at_us)}`);
    return sent.at_us;
  }

  async #call(step: CallStep, at_us: number): Promise<void> {
    const { id, began_us, answer } = await this.#bench.call(at_us, this.#translate(step.call));
    this.#happened(step, at_us, began_us);
    const sleeper = { id, step, began_us };
    if (step.sleeps_us === null && !answer) throw this.#error(step, `${step.call.name}() sleeps`);
    if (answer) this.#compareAnswer(sleeper, answer);
    else this.#asleep.push(sleeper);
  }

  /** The same call with the bench's descriptors, and with addresses where the script says `...`. */
  #translate({ name, args }: Call): Call {
    const more: { [name: string]: Value } = {};
    if ('fd' in args) more.fd = this.#fd(Number(args.fd));
    if ('fds' in args)
      more.fds = (args.fds as readonly { fd: number; events: Value }[]).map(({ fd, events }) => ({
        fd: this.#fd(fd),
        events,
      }));
    if (name === 'bind' || name === 'connect')
      Object.assign(
        more,
        this.#connection.chooseAddress(name, args.address as string | null, args.port as number | null),
      );
    return { name, args: { ...args, ...more } };
  }

  /** A descriptor that no step has made goes as it is. */
  #fd(fd: number): number {
    return this.#fds.get(fd) ?? fd;
  }

  #compareAnswer({ step, began_us }: Asleep, answer: Ended | null): void {
    const { call, expected, sleeps_us } = step;
    if (!answer)
      throw this.#error(step, `${call.name}() still sleeps at ${seconds(began_us + (sleeps_us ?? 0))}`);
    const makes = ['socket', 'accept', 'accept4'].includes(call.name) && answer.value >= 0;
    if (makes && expected.value !== null && expected.value >= 0) {
      this.#fds.set(expected.value, answer.value);
      this.#newest_fd = answer.value;
    } else if (expected.value !== null && answer.value !== expected.value)
      throw this.#error(step, `${call.name}() returns ${words(answer)}, not ${words(expected)}`);
    if (answer.errno !== expected.errno && expected.value !== null)
      throw this.#error(step, `${call.name}() returns ${words(answer)}, not ${words(expected)}`);
    for (const [name, value] of Object.entries(expected.out))
      if (!isSame(value, answer.out[name]))
        throw this.#error(
          step,
          `${call.name}() gives ${JSON.stringify(answer.out[name] ?? null)}, not ${JSON.stringify(value)}`,
        );
    const due_us = began_us + (sleeps_us ?? 0);
    if (Math.abs(answer.at_us - due_us) > this.#script.tolerance_us)
      throw this.#error(
        step,
        `${call.name}() returns at ${seconds(answer.at_us)}, not at ${seconds(due_us)}`,
      );
  }

  #check(step: Step, checks: readonly Check[], info: { readonly [field: string]: number }): void {
    for (const { field, operator, value } of checks) {
      const found = info[field];
      if (found === undefined) throw this.#error(step, `there is no ${field} here`);
      if (!holds(found, operator, value))
        throw this.#error(step, `${field} is ${found}, not ${operator} ${value}`);
    }
  }

  #text(segment: Parameters<Connection['toScript']>[0]): string {
    return segmentText(this.#connection.toScript(segment, null));
  }

  #error({ line }: Step, message: string): ScriptError {
    return new ScriptError(this.#script.name, line, message);
  }
}

/** What of a segment is not as the script has it, or null. */
function differenceOf(wanted: ScriptSegment, got: ScriptSegment, tolerance_us: number): string | null {
  for (const key of ['flags', 'seq', 'payload_bytes', 'ack'] as const)
    if (wanted[key] !== got[key]) return `${key} ${got[key]}, not ${wanted[key]}`;
  if (wanted.window !== null && wanted.window !== got.window)
    return `window ${got.window}, not ${wanted.window}`;
  if (wanted.options === null) return null;
  const found = got.options ?? [];
  const isEqual =
    wanted.options.length === found.length &&
    wanted.options.every((option, index) => isSameOption(option, found[index], tolerance_us));
  return isEqual ? null : `options ${found.map(optionText).join(',') || 'none'}`;
}

/** A timestamp is a time, and has its tolerance: ms, and one for where the clock's millisecond begins. */
function isSameOption(wanted: TcpOption, got: TcpOption | undefined, tolerance_us: number): boolean {
  if (wanted.kind === 'TS' && got?.kind === 'TS')
    return wanted.ecr === got.ecr && Math.abs(wanted.val - got.val) <= Math.ceil(tolerance_us / 1000) + 1;
  return got !== undefined && optionText(wanted) === optionText(got);
}

/** Whether all that is wanted of a value is there. */
function isSame(wanted: Value, got: Value | undefined): boolean {
  if (wanted === null || typeof wanted !== 'object') return wanted === got;
  if (got === null || typeof got !== 'object' || got === undefined) return false;
  const fields = got as { readonly [name: string]: Value };
  if (Array.isArray(wanted) && Array.isArray(got) && wanted.length !== got.length) return false;
  return Object.entries(wanted).every(([name, value]) => isSame(value as Value, fields[name]));
}

function holds(found: number, operator: Check['operator'], value: number): boolean {
  switch (operator) {
    case '==':
      return found === value;
    case '!=':
      return found !== value;
    case '<=':
      return found <= value;
    case '>=':
      return found >= value;
    case '<':
      return found < value;
    case '>':
      return found > value;
  }
}

const words = ({ value, errno }: Pick<Expected, 'value' | 'errno'>): string =>
  errno ? `-1 ${errno}` : String(value);
const seconds = (us: number): string => `${(us / 1e6).toFixed(6)} s`;
const times = (from_us: number, to_us: number): string =>
  from_us === to_us ? seconds(from_us) : `${seconds(from_us)} to ${seconds(to_us)}`;
