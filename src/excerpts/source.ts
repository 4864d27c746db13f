/** Kernel source, and the places that it can come from, asked in their order. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isInSeries } from './manifest.ts';
import type { Progress } from './progress.ts';

/** The files of one kernel tree that the manifest asks for. */
export interface KernelSource {
  /** Full version from the tree's Makefile, such as `6.12.117`. */
  version: string;
  /** Text by path inside the tree, the Makefile included. */
  files: Map<string, string>;
}

/** What a source is asked for. */
export interface SourceRequest {
  series: string;
  /** The pinned version, preferred where there is a choice. */
  version: string;
  /** Paths inside the kernel tree. */
  files: string[];
  progress: Progress;
}

/** One place that kernel source can come from. */
export interface SourceStep {
  /** What a person calls it, for the line that says why it failed. */
  name: string;
  /** The source; null when this place does not apply here. Throws, with a reason of one line, when it fails. */
  open(request: SourceRequest): Promise<KernelSource | null>;
}

/** The first source that answered, or why none did. */
export type SourceOutcome = { source: KernelSource } | { source: null; reason: string };

/** Asks the steps in order. A step that fails says why in one line, and the next one is asked. */
export async function firstSource(steps: SourceStep[], request: SourceRequest): Promise<SourceOutcome> {
  const failures: string[] = [];
  for (const step of steps) {
    try {
      const source = await step.open(request);
      if (source) return { source };
    } catch (error) {
      const failure = `${step.name}: ${firstLine(error)}`;
      failures.push(failure);
      request.progress.say(`Kernel source, ${failure}`);
    }
  }
  return { source: null, reason: failures.join('; ') || 'no source of kernel code is configured' };
}

/** A directory that the user names, usually with the variable KERNEL_SOURCE. */
export function directoryStep(directory: string | undefined): SourceStep {
  return {
    name: `the directory ${directory ?? '(none)'}`,
    async open({ series, files }) {
      return directory ? readTree(directory, series, files) : null;
    },
  };
}

/** Reads files of an unpacked tree. Throws when one is missing or the tree is of another series. */
export async function readTree(directory: string, series: string, files: string[]): Promise<KernelSource> {
  const texts = new Map<string, string>();
  for (const file of ['Makefile', ...files]) texts.set(file, await readFile(join(directory, file), 'utf8'));
  return sourceOf(texts, series);
}

/** Names the version of a set of files by their Makefile. Throws when it is not in the series. */
export function sourceOf(files: Map<string, string>, series: string): KernelSource {
  const version = versionOf(files.get('Makefile') ?? '');
  if (!isInSeries(version, series)) throw new Error(`holds ${version}, and ${series} is wanted`);
  return { version, files };
}

/** The version that a kernel's top Makefile states. Throws when it states none. */
export function versionOf(makefile: string): string {
  const number = (name: string) => makefile.match(new RegExp(`^${name} = (\\d+)$`, 'm'))?.[1];
  const [major, minor, patch] = [number('VERSION'), number('PATCHLEVEL'), number('SUBLEVEL')];
  if (!major || !minor || !patch) throw new Error('the Makefile states no kernel version');
  return patch === '0' ? `${major}.${minor}` : `${major}.${minor}.${patch}`;
}

/** The message in one line; fetch hides the cause of a failure one level down. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${message}${cause}`.split('\n')[0] ?? message;
}
