/** The kernel excerpts: where their source comes from, how each is cut, and whether its text is the pinned one. */
import { createHash } from 'node:crypto';
import { cachePath, cacheStep, keptIn } from './cache.ts';
import { type Cut, type CutFile, openFile } from './cutter.ts';
import { debianStep } from './debian.ts';
import { gitWebStep } from './git-web.ts';
import { type Manifest, type ManifestEntry, readManifest } from './manifest.ts';
import { type LineRange, locateMarks } from './marks.ts';
import { type Progress, progressOn } from './progress.ts';
import { directoryStep, firstSource, type KernelSource, type SourceStep } from './source.ts';

/** A piece of the kernel's source, ready to be shown. Lines are those of the kernel's file, counted from 1. */
export interface Excerpt {
  id: string;
  file: string;
  symbol: string;
  first_line: number;
  last_line: number;
  /** Full kernel version, such as `6.12.117`. */
  version: string;
  /** From the file's own SPDX line. */
  licence: string;
  /** Whole lines joined with `\n`, without a final newline. */
  text: string;
  marks: Record<string, LineRange>;
  /** A sentence when the text is not the pinned one, with the marks that were lost; else null. */
  drift: string | null;
}

/** An excerpt whose source could not be had. */
export interface MissingExcerpt {
  id: string;
  file: string;
  symbol: string;
  /** Why, in one line. */
  reason: string;
  /** Where to read the file instead. */
  link: string;
}

export type Excerpts = Map<string, Excerpt | MissingExcerpt>;

/** Everything has a default; tests and the command put in their own. */
export interface LoadOptions {
  /** The checkout: the manifest and the cache are found from here. The working directory by default. */
  root?: string;
  manifest?: Manifest;
  /** Where to look for source, in order. */
  steps?: SourceStep[];
  progress?: Progress;
}

/** What is wrong with the manifest as held against the source, every problem in one error. */
export class ExcerptError extends Error {
  readonly problems: string[];

  constructor(problems: string[]) {
    super(`Kernel excerpts cannot be cut:\n  ${problems.join('\n  ')}`);
    this.name = 'ExcerptError';
    this.problems = problems;
  }
}

let loaded: Promise<Excerpts> | undefined;

/**
 * Cuts every excerpt of the manifest, by id. Without options the work is done once in a process.
 *
 * Source that cannot be had is no error: each excerpt is then a {@link MissingExcerpt}. Throws {@link ExcerptError} for
 * a symbol that is not found and for a mark that does not match once in the pinned text.
 */
export async function loadExcerpts(options?: LoadOptions): Promise<Excerpts> {
  if (options) return load(options);
  loaded ??= load({});
  return loaded;
}

/** True for an excerpt whose source could not be had. */
export function isMissing(excerpt: Excerpt | MissingExcerpt): excerpt is MissingExcerpt {
  return 'reason' in excerpt;
}

/** The places that kernel source can come from, in order; `newest` passes over the cache and over the pinned version. */
export function usualSteps(root: string, newest = false): SourceStep[] {
  const cache = cachePath(root);
  return [
    directoryStep(process.env.KERNEL_SOURCE),
    ...(newest ? [] : [cacheStep(cache)]),
    keptIn(cache, debianStep(newest)),
    keptIn(cache, gitWebStep()),
  ];
}

/** The hash that the manifest pins a cut text with. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A page that shows a file of the kernel at a version. */
export function sourceLink(file: string, version: string): string {
  return `https://elixir.bootlin.com/linux/v${version}/source/${file}`;
}

async function load(options: LoadOptions): Promise<Excerpts> {
  const root = options.root ?? process.cwd();
  const manifest = options.manifest ?? (await readManifest(root));
  const progress = options.progress ?? progressOn();
  const files = [...new Set(Object.values(manifest.excerpts).map((entry) => entry.file))];
  const request = { series: manifest.series, version: manifest.version, files, progress };
  const outcome = await firstSource(options.steps ?? usualSteps(root), request);
  return outcome.source ? cutAll(manifest, outcome.source) : missingAll(manifest, outcome.reason);
}

function missingAll(manifest: Manifest, reason: string): Excerpts {
  const excerpts: Excerpts = new Map();
  for (const [id, { file, symbol }] of Object.entries(manifest.excerpts))
    excerpts.set(id, { id, file, symbol, reason, link: sourceLink(file, manifest.version) });
  return excerpts;
}

async function cutAll(manifest: Manifest, source: KernelSource): Promise<Excerpts> {
  const excerpts: Excerpts = new Map();
  const problems: string[] = [];
  const opened = new Map<string, CutFile>();
  for (const [id, entry] of Object.entries(manifest.excerpts)) {
    const text = source.files.get(entry.file) ?? '';
    const file = opened.get(entry.file) ?? (await openFile(text));
    opened.set(entry.file, file);
    try {
      const cut = file.cut(entry.symbol);
      const { marks, drift } = checkCut(id, entry, cut, manifest, source.version);
      const licence = licenceOf(text) ?? manifest.licence;
      excerpts.set(id, {
        id,
        file: entry.file,
        symbol: entry.symbol,
        ...cut,
        version: source.version,
        licence,
        marks,
        drift,
      });
    } catch (error) {
      problems.push(...problemsIn(error, entry.file));
    }
  }
  if (problems.length > 0) throw new ExcerptError(problems);
  return excerpts;
}

/** A mark that fails is an error in the pinned text and a part of the drift in any other. */
function checkCut(id: string, entry: ManifestEntry, cut: Cut, manifest: Manifest, version: string) {
  const { marks, problems } = locateMarks(cut, entry.marks);
  const is_pinned = hashOf(cut.text) === entry.sha256;
  if (problems.length > 0 && (is_pinned || !entry.sha256))
    throw new ExcerptError(problems.map((problem) => `${id}: ${problem}`));
  return { marks, drift: is_pinned ? null : driftOf(entry, manifest.version, version, problems) };
}

function driftOf(
  { symbol, file, sha256 }: ManifestEntry,
  pinned: string,
  version: string,
  lost: string[],
): string {
  const change = sha256
    ? `${symbol} (${file}) in ${version} is not the text that is pinned from ${pinned}`
    : `${symbol} (${file}) is not pinned yet`;
  return [change, ...lost].join('; ');
}

function licenceOf(source: string): string | undefined {
  return source.match(/SPDX-License-Identifier:\s*([^*\n]+)/)?.[1]?.trim();
}

function problemsIn(error: unknown, file: string): string[] {
  if (error instanceof ExcerptError) return error.problems;
  return [`${file}: ${error instanceof Error ? error.message : String(error)}`];
}
