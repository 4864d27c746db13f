/**
 * Programs: what they ask of the kernel, and how it answers.
 *
 * A program is a generator that yields system calls and is sent back their answers, so it reads
 * like the code that had the incident, and a call can block it.
 */
import type { Json } from '../engine/json.ts';

/** A request to the kernel. Arguments by name, so that a tool can print them. */
export interface SystemCall {
  readonly name: string;
  readonly args: { readonly [name: string]: Json };
}

/** What a finished call gives back. */
export interface Answer {
  /** The return value; −1 when `errno` is set. */
  readonly value: number;
  /** The error's name, or null. */
  readonly errno: string | null;
  /** What the call wrote through pointers, such as revents. */
  readonly out?: { readonly [name: string]: Json };
}

/** What a call that must wait gives back. */
export interface Waiting {
  /** The kernel function that it sleeps in, as /proc/PID/wchan names it. */
  readonly wchan: string;
  /** When its own timeout is over, or null where it has none. */
  readonly until_us: number | null;
  /** Calls `done` once, later. @returns a function that stops the wait. */
  wait(done: (answer: Answer) => void): () => void;
  /** The answer when a signal handler interrupts the wait. */
  interrupted(): Answer;
}

/** The code of a thread, or a part of it that gives something back. */
export type Program<T = void> = Generator<SystemCall, T, Answer>;
