/** The recordings of the incidents, and what comes out when the simulation is held to them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordingOf, registered } from '#simulations/catalogue.ts';
import type { Compared } from '#simulations/recording/compared.ts';
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

const read = new Map<string, Promise<Held>>();

/** The recording of a simulation. @throws Error when there is none, or it cannot be read */
export function heldRecording(simulation: string): Promise<Held> {
  let held = read.get(simulation);
  if (!held) {
    held = hold(simulation);
    read.set(simulation, held);
  }
  return held;
}

async function hold(simulation: string): Promise<Held> {
  const incident = registered[simulation];
  if (!incident?.comparison) throw new Error(`nothing holds "${simulation}" to a recording`);
  const { comparison } = incident;
  const name = join('content', recordingOf(incident));
  const recording = parseRecording(await readFile(name, 'utf8'), name);
  const cases = recording.cases.map((recorded) => ({
    recorded,
    compared: comparison.compare(recorded, recording),
  }));
  const compared = cases.flatMap((held) => held.compared);
  return {
    recording,
    cases,
    figures: compared.length,
    agreeing: compared.filter(({ agrees }) => agrees).length,
  };
}

/** One case by its name. @throws Error that names it when it is not in the recording */
export async function recordedCase(
  simulation: string,
  name: string,
): Promise<HeldCase & { recording: Recording }> {
  const { recording, cases } = await heldRecording(simulation);
  const found = cases.find(({ recorded }) => recorded.name === name);
  if (!found?.recorded.observed)
    throw new Error(`the recording of ${simulation} has no case "${name}" that ran`);
  return { ...found, recording };
}

/**
 * Cases for a table, and the one that is drawn.
 * @param names the cases of the table; all when left out
 * @throws Error that names a case which did not run
 */
export async function shownCases(simulation: string, drawn: string, names?: readonly string[]) {
  const { recording, cases } = await heldRecording(simulation);
  for (const name of names ?? []) await recordedCase(simulation, name);
  return {
    recording,
    drawn: (await recordedCase(simulation, drawn)).compared,
    shown: names ? cases.filter(({ recorded }) => names.includes(recorded.name)) : cases,
  };
}
