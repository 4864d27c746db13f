/** What a folder of `incidents/` or `reference/` has to show in its index.ts. Lying there is all that registers it. */
import type { Given } from './engine/parameters.ts';
import type { Compared } from './recording/compared.ts';
import type { RecordedCase, Recording } from './recording/recording.ts';
import type { Simulation } from './simulation.ts';
import type { Tool } from './tools/tool.ts';

/** How a simulation is held to the recording beside its page. */
export interface Comparison {
  /** Every figure of a case; none where it was skipped. */
  compare(recorded: RecordedCase, recording: Recording): Compared[];
  /** The cases that are short enough to be measured again, now, with the tests. */
  readonly live: readonly string[];
  /** The simulation's parameters of a case, where the page shows the two beside each other. */
  parametersOf?(recorded: RecordedCase): Given;
}

/** What an `index.ts` exports as `incident`: an incident's, or that of a page of the reference. */
export interface Incident {
  readonly simulation: Simulation;
  /** What can be printed of its runs, the one that tells most first. */
  readonly tools: readonly Tool[];
  /** Null where nothing was recorded. */
  readonly comparison: Comparison | null;
}
