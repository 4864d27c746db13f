/** `npm run kernel`: fetches and cuts the excerpts, holds them against their pins, and sets new ones. */
import { commandLine } from '../command.ts';
import {
  type Excerpt,
  type Excerpts,
  hashOf,
  isMissing,
  loadExcerpts,
  type MissingExcerpt,
  usualSteps,
} from './excerpt.ts';
import { type Manifest, readManifest, writeManifest } from './manifest.ts';

const program = commandLine(
  'npm run kernel --',
  `Fetches the kernel source that the excerpts are cut from, cuts them and holds them against their pins.
The source is the cache, or else the pinned version where it is still offered.`,
)
  .option('--newest', 'pass over the cache and fetch the newest version of the series')
  .option('--pin', 'write the version and the hashes found into content/kernel.json')
  .addHelpText(
    'after',
    `
KERNEL_SOURCE=<directory> names an unpacked kernel tree to use instead. Exit code 1: an excerpt is missing or drifted.`,
  );

async function main(): Promise<number> {
  const values = program.parse().opts<{ newest?: boolean; pin?: boolean }>();
  const root = process.cwd();
  const manifest = await readManifest(root);
  let excerpts = await loadExcerpts({ root, manifest, steps: usualSteps(root, values.newest) });
  if (values.pin && isWhole(excerpts)) {
    const next = pinned(manifest, excerpts);
    // Cut once more against the new pins: a mark that was lost stops here, before anything is written.
    excerpts = await loadExcerpts({ root, manifest: next });
    await writeManifest(root, next);
  }
  console.log(table(excerpts));
  return sayWhatIsWrong(excerpts) ? 1 : 0;
}

function isWhole(excerpts: Excerpts): excerpts is Map<string, Excerpt> {
  return [...excerpts.values()].every((excerpt) => !isMissing(excerpt));
}

function pinned(manifest: Manifest, excerpts: Map<string, Excerpt>): Manifest {
  const next = structuredClone(manifest);
  for (const { id, text, version } of excerpts.values()) {
    const entry = next.excerpts[id];
    if (entry) entry.sha256 = hashOf(text);
    next.version = version;
  }
  return next;
}

function table(excerpts: Excerpts): string {
  const rows = [...excerpts.values()].map(row);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .join('\n');
}

function row(excerpt: Excerpt | MissingExcerpt): string[] {
  if (isMissing(excerpt)) return [excerpt.symbol, excerpt.file, '', 'missing'];
  const lines = `${excerpt.file}:${excerpt.first_line}-${excerpt.last_line}`;
  return [excerpt.symbol, lines, excerpt.version, excerpt.drift ? 'drift' : 'ok'];
}

/** Says each reason once; all excerpts of a missing source share theirs. */
function sayWhatIsWrong(excerpts: Excerpts): boolean {
  const reasons = new Set<string>();
  for (const excerpt of excerpts.values()) {
    const reason = isMissing(excerpt) ? `missing: ${excerpt.reason}` : excerpt.drift;
    if (reason) reasons.add(reason);
  }
  for (const reason of reasons) console.error(reason);
  return reasons.size > 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
