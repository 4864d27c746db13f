/** A recording: what a lab saw a real kernel do, as the lab wrote it. */
import { z } from 'zod';
import type { Given } from '../engine/parameters.ts';
import { parseJson } from './json.ts';

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

const given = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false'),
);

/** A lab may note more, about a case or about all of them. */
const recordedCase = z
  .looseObject({
    name: z.string().min(1),
    parameters: given,
    sysctls: given.exactOptional(),
    observed: z.looseObject({}).exactOptional(),
    skipped: z.string().min(1).exactOptional(),
  })
  .refine(({ observed, skipped }) => (observed === undefined) !== (skipped === undefined), {
    error: 'must have "observed", or else "skipped" with the reason',
  });

const schema: z.ZodType<Recording> = z.looseObject({
  lab: z.string().min(1),
  format: z.literal(1),
  recorded_on: z.iso.date('must be a date, YYYY-MM-DD'),
  kernel: z.string().regex(/^\d+\.\d+/, 'must be a version of Linux, such as 6.12.1'),
  hz: z.int().positive(),
  arch: z.string().min(1),
  cases: z.array(recordedCase).superRefine((cases, context) => {
    for (const [index, { name }] of cases.entries())
      if (cases.findIndex((other) => other.name === name) < index)
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `there is another "${name}"` });
  }),
});

/** Reads a recording. @throws Error with one line for each wrong place: the name, the place, what is allowed there */
export function parseRecording(text: string, name: string): Recording {
  return parseJson(schema, text, name);
}
