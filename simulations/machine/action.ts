/**
 * What a person does to a run: a call, a signal, a sysctl, a packet. Actions are history: a run that goes on is the same
 * run, played again from the start, so that undo, links and tests come free.
 */
import type { Json } from '../engine/json.ts';
import type { Packet } from '../network/packet.ts';
import type { Pid } from './state.ts';

/** A system call, made by a shell of root on a machine. */
interface CallAction {
  readonly do: 'call';
  readonly machine: string;
  readonly name: string;
  readonly args: { readonly [name: string]: Json };
}

/** A signal for a process, by its name in `signal.ts`; 0 only looks whether the process is there. */
interface SignalAction {
  readonly do: 'signal';
  readonly machine: string;
  readonly pid: Pid;
  readonly signal: string;
}

/** A write to a sysctl; its name is that of {@link Sysctls}. */
interface SysctlAction {
  readonly do: 'sysctl';
  readonly machine: string;
  readonly name: string;
  readonly value: number | readonly [number, number];
}

/** A packet that arrives from nowhere at the machine that has its address. */
interface PacketAction {
  readonly do: 'packet';
  readonly packet: Packet;
}

/** When: after an event and what it led to at that very moment, and so many microseconds later. */
interface When {
  /** Index of the event. */
  readonly at: number;
  /** 0 when left out. */
  readonly wait_us?: number;
}

export type Action = When & (CallAction | SignalAction | SysctlAction | PacketAction);

/** What an action does, in a few words. */
export function actionText(action: Action): string {
  switch (action.do) {
    case 'call':
      return `call ${action.name}() on the ${action.machine}`;
    case 'signal':
      return `send ${action.signal} to process ${action.pid} on the ${action.machine}`;
    case 'sysctl':
      return `set ${action.name} to ${[action.value].flat().join(' ')} on the ${action.machine}`;
    case 'packet':
      return 'let a packet arrive that nobody sent';
  }
}

const TEXT = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** What each kind of action must have, and a test of it. */
const FIELDS: Readonly<Record<Action['do'], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  call: { machine: TEXT, name: TEXT, args: (value) => typeof value === 'object' && value !== null },
  signal: { machine: TEXT, pid: Number.isInteger, signal: TEXT },
  sysctl: { machine: TEXT, name: TEXT, value: (value) => [value].flat().every(Number.isInteger) },
  packet: { packet: (value) => typeof value === 'object' && value !== null && 'protocol' in value },
};

/** What is wrong with something that should be an action, in a few words, or null. */
export function actionProblem(action: Partial<Record<string, unknown>>): string | null {
  const fields = FIELDS[action.do as Action['do']];
  if (!fields) return `"do" is one of ${Object.keys(FIELDS).join(', ')}`;
  if (!Number.isInteger(action.at) || Number(action.at) < 0) return '"at" is the index of an event, from 0';
  if (action.wait_us !== undefined && !(Number(action.wait_us) >= 0)) return '"wait_us" is a number from 0';
  const missing = Object.entries(fields).find(([name, isSound]) => !isSound(action[name]));
  return missing ? `"${action.do}" needs a sound "${missing[0]}"` : null;
}
