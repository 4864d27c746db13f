/** Kernel source from Debian's archive. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { NotInstalled, output, start } from './child.ts';
import type { Progress } from './progress.ts';
import { readTree, type SourceRequest, type SourceStep } from './source.ts';
import { inTemporaryDirectory } from './temporary.ts';

/** A place to work in until the signal says stop. */
interface Workshop {
  directory: string;
  signal: AbortSignal;
  progress: Progress;
}

/** A package file that apt offers. */
interface Offer {
  /** What to ask apt-get for, such as `linux-source-6.12=6.12.117-*`. */
  request: string;
  file: string;
  size_bytes: number;
}

/**
 * Debian's `linux-source` package, taken apart without root: at the pinned version if the archive still has it and
 * `newest` is not asked for, else the newest.
 */
export function debianStep(newest = false): SourceStep {
  return {
    name: "Debian's linux-source",
    open: (request) =>
      inTemporaryDirectory((directory, signal) =>
        fetchPackage(request, newest, { directory, signal, progress: request.progress }),
      ),
  };
}

async function fetchPackage(
  { series, version, files, progress }: SourceRequest,
  newest: boolean,
  workshop: Workshop,
) {
  const name = `linux-source-${series}`;
  const requests = newest ? [name] : [`${name}=${version}-*`, name];
  try {
    const offer = await findOffer(requests, workshop);
    await download(offer, workshop);
    await unpack(name, offer, files, workshop);
  } finally {
    progress.clear();
  }
  return readTree(join(workshop.directory, name), series, files);
}

/** Asks apt for the first of the requests that it can meet; a root user's package lists are refreshed when it knows none. */
async function findOffer(requests: string[], workshop: Workshop): Promise<Offer> {
  try {
    return await firstOffer(requests, workshop);
  } catch (error) {
    const is_root = process.getuid?.() === 0;
    if (error instanceof NotInstalled || !is_root) throw error;
  }
  workshop.progress.show("Updating apt's package lists");
  await output('apt-get', ['-q', 'update'], workshop.directory, workshop.signal);
  return firstOffer(requests, workshop);
}

async function firstOffer(requests: string[], workshop: Workshop): Promise<Offer> {
  for (const request of requests.slice(0, -1)) {
    const offer = await askApt(request, workshop).catch(() => null);
    if (offer) return offer;
  }
  return askApt(requests.at(-1) ?? '', workshop);
}

async function askApt(request: string, { directory, signal }: Workshop): Promise<Offer> {
  const printed = await output('apt-get', ['download', '--print-uris', request], directory, signal);
  const [, file, size] = printed.match(/^'\S+' (\S+) (\d+) /m) ?? [];
  if (!file) throw new Error(`apt-get offers no file for ${request}`);
  return { request, file, size_bytes: Number(size) };
}

async function download(
  { request, file, size_bytes }: Offer,
  { directory, signal, progress }: Workshop,
): Promise<void> {
  const started_at_ms = Date.now();
  const report = async () => {
    const got = await stat(join(directory, file)).catch(() => null);
    progress.show(
      `Downloading ${file}: ${share(got?.size ?? 0, size_bytes)}, ${seconds(Date.now() - started_at_ms)}`,
    );
  };
  const timer = setInterval(report, 500);
  try {
    await report();
    await output(
      'apt-get',
      ['-q', '-o', 'Acquire::http::Timeout=30', 'download', request],
      directory,
      signal,
    );
  } finally {
    clearInterval(timer);
  }
}

/** The package holds an archive of the whole tree; only the needed files ever reach the disk. */
async function unpack(
  name: string,
  { file, size_bytes }: Offer,
  files: string[],
  { directory, signal, progress }: Workshop,
): Promise<void> {
  const wanted = ['Makefile', ...files].map((path) => `${name}/${path}`);
  const opener = start('dpkg-deb', ['--fsys-tarfile', file], directory, signal);
  const picker = start('tar', ['-xO', `./usr/src/${name}.tar.xz`], directory, signal);
  const unpacker = start('tar', ['-xJ', ...wanted], directory, signal);
  let read_bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      read_bytes += chunk.length;
      next(null, chunk);
    },
  });
  const timer = setInterval(() => progress.show(`Unpacking ${file}: ${share(read_bytes, size_bytes)}`), 250);
  // The last command that failed is the cause: those before it only lost their reader.
  const work = await Promise.allSettled([
    unpacker.ended,
    picker.ended,
    opener.ended,
    pipeline(opener.stdout, meter, picker.stdin),
    pipeline(picker.stdout, unpacker.stdin),
  ]);
  clearInterval(timer);
  const failed = work.find((part) => part.status === 'rejected');
  if (failed) throw failed.reason;
}

function share(part_bytes: number, whole_bytes: number): string {
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  return `${megabytes(Math.min(part_bytes, whole_bytes))} of ${megabytes(whole_bytes)} MB`;
}

function seconds(duration_ms: number): string {
  return `${Math.round(duration_ms / 1000)} s`;
}
