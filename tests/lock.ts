/**
 * Holds package-lock.json to what every reader's machine needs of it.
 *
 * npm leaves out of a new lock the platform packages that it could not find or had no use for on the machine that wrote
 * it, and `npm ci` then fails, or installs half a tool, on every other platform.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { commandLine } from '#site/command.ts';

/** What this check reads of an entry in a lock, version 3. */
export interface LockEntry {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  inBundle?: boolean;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Record<string, string>;
}

/** What this check reads of a lock. */
export interface Lock {
  lockfileVersion: number;
  packages: Record<string, LockEntry>;
}

/** What is wrong with a lock, one line each, and what was counted. */
export interface LockReport {
  problems: string[];
  packages: number;
  platformPackages: number;
}

/** Where Node would find a package from another's place: in its own node_modules, else in one further out. */
function resolve(packages: Lock['packages'], from: string, name: string): string | undefined {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
    const candidate = `${place ? `${place}/` : ''}node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (!place) return undefined;
  }
}

/** Checks a lock: every optional package of every platform, no address of a registry, a hash for everything. */
export function checkLock(lock: Lock): LockReport {
  const { packages, lockfileVersion } = lock;
  const problems: string[] = [];
  if (lockfileVersion !== 3) problems.push(`the lock has version ${lockfileVersion}, not 3`);
  for (const [place, entry] of Object.entries(packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!resolve(packages, place, name))
        problems.push(`${place || 'the project'}: ${name} is not in the lock`);
    }
    if (place === '' || entry.link) continue;
    if (entry.resolved) problems.push(`${place}: names where it was downloaded from`);
    // A bundled package comes inside its parent, whose hash covers it.
    if (!entry.integrity && !entry.inBundle) problems.push(`${place}: has no integrity hash`);
  }
  const entries = Object.values(packages);
  return {
    problems,
    packages: entries.length - (packages[''] ? 1 : 0),
    platformPackages: entries.filter(({ os, cpu }) => os || cpu).length,
  };
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  commandLine(
    'node tests/lock.ts',
    'Checks package-lock.json. Exit code 1: a package or a hash is missing.',
  ).parse();
  const file = new URL('../package-lock.json', import.meta.url);
  const { problems, packages, platformPackages } = checkLock(JSON.parse(readFileSync(file, 'utf8')));
  for (const problem of problems) console.error(`lock: ${problem}`);
  if (problems.length) process.exitCode = 1;
  else console.log(`lock: ${packages} packages, ${platformPackages} platform packages, all there`);
}
