/** The kernel source that was fetched once, kept for the next build. */
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type KernelSource, readTree, type SourceStep } from './source.ts';

/** Where fetched source is kept in a checkout, one directory for each version. Not under version control. */
export function cachePath(root: string): string {
  return join(root, '.cache', 'kernel');
}

/** The source as an earlier fetch left it: the pinned version if it is there, else the newest that has every file. */
export function cacheStep(cache: string): SourceStep {
  return {
    name: 'the cache',
    async open({ series, version, files }) {
      for (const candidate of await versionsIn(cache, version)) {
        const source = await readTree(join(cache, candidate), series, files).catch(() => null);
        if (source) return source;
      }
      return null;
    },
  };
}

/** A step whose source goes into the cache before anything is made of it. */
export function keptIn(cache: string, step: SourceStep): SourceStep {
  return {
    name: step.name,
    async open(request) {
      const source = await step.open(request);
      if (source) await keep(cache, source);
      return source;
    },
  };
}

async function versionsIn(cache: string, pinned: string): Promise<string[]> {
  const versions = await readdir(cache).catch(() => []);
  const newest_first = versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return newest_first.sort((a, b) => Number(b === pinned) - Number(a === pinned));
}

/** Each file appears whole or not at all, so two builds may fill the cache at once. */
async function keep(cache: string, { version, files }: KernelSource): Promise<void> {
  for (const [file, text] of files) {
    const path = join(cache, version, file);
    const unfinished = `${path}.${process.pid}`;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  }
}
