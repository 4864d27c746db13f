/** The recordings of the incidents, and what comes out when the simulation is held to them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Compared, compare, simulate } from '#simulations/recording/connect-timeout.ts';
import { parseRecording, type RecordedCase, type Recording } from '#simulations/recording/recording.ts';

/** A case of a recording beside the simulation of the same parameters. */
export interface HeldCase {
  readonly recorded: RecordedCase;
  readonly compared: readonly Compared[];
}

/** A recording, held. */
export interface Held {
  readonly recording: Recording;
  readonly cases: readonly HeldCase[];
  readonly figures: number;
  readonly agreeing: number;
}

const HOLDERS = {
  'connect-timeout': (recorded: RecordedCase, hz: number) =>
    recorded.observed ? compare(recorded.observed, simulate(recorded), hz) : [],
} as const;

const read = new Map<string, Promise<Held>>();

/** The recording of an incident. @throws Error when there is none, or it cannot be read */
export function heldRecording(slug: string): Promise<Held> {
  let held = read.get(slug);
  if (!held) {
    held = hold(slug);
    read.set(slug, held);
  }
  return held;
}

async function hold(slug: string): Promise<Held> {
  const holder = HOLDERS[slug as keyof typeof HOLDERS];
  if (!holder) throw new Error(`nothing holds a simulation to a recording of "${slug}"`);
  const name = join('content', 'incidents', slug, 'recording.json');
  const recording = parseRecording(await readFile(name, 'utf8'), name);
  const cases = recording.cases.map((recorded) => ({ recorded, compared: holder(recorded, recording.hz) }));
  const compared = cases.flatMap((held) => held.compared);
  return {
    recording,
    cases,
    figures: compared.length,
    agreeing: compared.filter(({ agrees }) => agrees).length,
  };
}

/** One case by its name. @throws Error that names it when it is not in the recording */
export async function recordedCase(slug: string, name: string): Promise<HeldCase & { recording: Recording }> {
  const { recording, cases } = await heldRecording(slug);
  const found = cases.find(({ recorded }) => recorded.name === name);
  if (!found?.recorded.observed) throw new Error(`the recording of ${slug} has no case "${name}" that ran`);
  return { ...found, recording };
}
