/** What came of a run of a lab. */
import type { SpawnSyncReturns } from 'node:child_process';

/** The one exit code that means "this machine cannot run it"; content/labkit/harness.py has it too. As automake's. */
export const CANNOT_RUN_HERE = 77;

/** What the lab printed, or why this machine cannot run it. */
export type LabOutcome =
  | { readonly stdout: string; readonly cannotRun?: never }
  | { readonly cannotRun: string; readonly stdout?: never };

/** @throws Error with the exit code and what the lab said, for every code but 0 and CANNOT_RUN_HERE */
export function labOutcome(
  ran: Pick<SpawnSyncReturns<string>, 'error' | 'status' | 'signal' | 'stdout' | 'stderr'>,
): LabOutcome {
  if (ran.error) throw ran.error;
  if (ran.status === CANNOT_RUN_HERE)
    return { cannotRun: ran.stderr.trim().split('\n').at(-1) || 'the lab does not say why' };
  if (ran.status !== 0)
    throw new Error(`the lab ended with ${ran.signal ?? `exit code ${ran.status}`}:\n${ran.stderr}`);
  return { stdout: ran.stdout };
}
