/** A recording: what a lab saw a real kernel do, as the lab wrote it. */
import type { Given } from '../engine/parameters.ts';

/** One case. What was observed has the form that its lab gives it. */
export interface RecordedCase<Observed = unknown> {
  readonly name: string;
  readonly parameters: Given;
  /** The sysctls in force, also where the case did not set them. */
  readonly sysctls?: Given;
  readonly observed?: Observed;
  /** Why the case could not be run. */
  readonly skipped?: string;
}

export interface Recording {
  readonly lab: string;
  readonly format: number;
  /** Date, YYYY-MM-DD. */
  readonly recorded_on: string;
  /** Linux version. */
  readonly kernel: string;
  /** CONFIG_HZ. */
  readonly hz: number;
  readonly arch: string;
  readonly cases: readonly RecordedCase[];
}

/** The format that this program reads. */
const FORMAT = 1;

/** Reads a recording. @throws Error that says what is wrong with it */
export function parseRecording(text: string, name: string): Recording {
  let value: Partial<Recording>;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is no JSON: ${(error as Error).message}`);
  }
  if (value.format !== FORMAT) throw new Error(`${name} has format ${value.format}; ${FORMAT} can be read`);
  for (const field of ['lab', 'recorded_on', 'kernel', 'hz', 'cases'] as const)
    if (value[field] === undefined) throw new Error(`${name} has no "${field}"`);
  for (const { name: caseName, observed, skipped } of value.cases ?? [])
    if (!observed && !skipped)
      throw new Error(`${name}: case "${caseName}" has neither "observed" nor "skipped"`);
  return value as Recording;
}
