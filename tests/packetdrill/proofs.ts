/** What is written down of the runs: on a real kernel in `proofs.json`, on the model in `differences.json`. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './outcome.ts';

const PROOFS = fileURLToPath(new URL('proofs.json', import.meta.url));
const DIFFERENCES = fileURLToPath(new URL('differences.json', import.meta.url));

export interface Proofs {
  /** The kernel that all of them have passed on: its version, without what a distribution adds. */
  readonly kernel: string;
  /** By script, the SHA-256 of the text that has passed, so that a script that is edited is proven again. */
  readonly scripts: { readonly [name: string]: string };
}

/** The hash that a script's text has now. */
export const hashOf = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(new URL(`scripts/${name}.pkt`, import.meta.url)))
    .digest('hex')
    .slice(0, 16);

export const readProofs = (): Proofs => JSON.parse(readFileSync(PROOFS, 'utf8'));

/** Writes down that these scripts, as they are now, have passed on the kernel of this machine. */
export function writeProofs(names: readonly string[]): void {
  const scripts = Object.fromEntries(names.toSorted().map((name) => [name, hashOf(name)]));
  const kernel = release().split('-')[0] ?? release();
  writeFileSync(PROOFS, `${JSON.stringify({ kernel, scripts }, null, 2)}\n`);
}

/** Scripts that hold on the kernel and not on the model, each with where it stops, or with what the model lacks. */
export type Differences = { readonly [name: string]: string };

export const readDifferences = (): Differences => JSON.parse(readFileSync(DIFFERENCES, 'utf8'));

export function writeDifferences(outcomes: ReadonlyMap<string, Outcome>): void {
  const entries = [...outcomes].flatMap(([name, outcome]) =>
    outcome.kind === 'passes'
      ? []
      : [[name, outcome.kind === 'unsupported' ? `not there: ${outcome.why}` : outcome.why]],
  );
  writeFileSync(DIFFERENCES, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}
