/** The list of the excerpts and of the marks in them: content/kernel.json. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '#simulations/recording/json.ts';

/** A spot inside an excerpt, named by a short pattern instead of by a line number. */
export type MarkPattern = z.infer<typeof markPattern>;

const markPattern = z.strictObject({
  /** Text that occurs exactly once in the excerpt; the mark starts on the line where it begins. */
  at: z.string().regex(/\S/, 'must be a piece of the code'),
  /** How many lines are lit. One when left out. */
  lines: z.int('must be a whole number from 1').min(1, 'must be a whole number from 1').exactOptional(),
});

const markName = z.string().regex(/^[a-z][a-z0-9-]*$/);

/** One definition to cut out of the kernel's source. */
export type ManifestEntry = z.infer<typeof manifestEntry>;

const manifestEntry = z.strictObject({
  /** Path inside the kernel tree, such as `net/ipv4/tcp_timer.c`. */
  file: z
    .string()
    .regex(/^[\w-]+(\/[\w-]+)*\.[ch]$/, 'must be the path of a .c or .h file in the kernel tree'),
  /** The function, table, type or macro that the file defines. */
  symbol: z.string().regex(/^[A-Za-z_]\w*$/, 'must be a C identifier'),
  /** SHA-256 of the cut text in hex; empty until the first `npm run kernel -- --pin`. */
  sha256: z.string().regex(/^([0-9a-f]{64})?$/, 'must be 64 hex digits, or empty before pinning'),
  marks: z.record(markName, markPattern, {
    error: ({ code }) =>
      code === 'invalid_key' ? "a mark's name must be lower case with hyphens" : undefined,
  }),
});

/** What `content/kernel.json` holds. */
export type Manifest = z.infer<typeof manifest>;

const manifest = z
  .strictObject({
    /** The stable series that the excerpts come from, such as `6.12`. */
    series: z.string().regex(/^\d+\.\d+$/, 'must look like 6.12'),
    /** The full version whose text the hashes pin, such as `6.12.117`. */
    version: z.string().regex(/^\d+\.\d+(\.\d+)?$/, 'must look like 6.12.117'),
    /** The kernel's licence as a whole, for a file that has no SPDX line of its own. */
    licence: z.string().regex(/\S/, 'must be an SPDX identifier'),
    excerpts: z.record(z.string(), manifestEntry),
  })
  .refine(({ version, series }) => isInSeries(version, series), {
    path: ['version'],
    error: 'must be of the series in "series", such as 6.12.117 of 6.12',
  });

/** Where the manifest lives in a checkout. */
const MANIFEST = 'content/kernel.json';

/** Reads and checks the manifest of the checkout at `root`. Throws when it is missing or wrong. */
export async function readManifest(root: string): Promise<Manifest> {
  return parseManifest(await readFile(join(root, MANIFEST), 'utf8'));
}

/** Writes the manifest back in its one stable format, so that a new pin is a small diff. */
export async function writeManifest(root: string, manifest: Manifest): Promise<void> {
  await writeFile(join(root, MANIFEST), formatManifest(manifest));
}

/** The manifest as JSON with two spaces of indentation and a final newline. */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Checks the text of a manifest. @throws Error with one line for each wrong place: the file, the place, what is allowed */
export function parseManifest(text: string): Manifest {
  return parseJson(manifest, text, MANIFEST);
}

/** Whether a full version such as `6.12.117` belongs to a series such as `6.12`. */
export function isInSeries(version: string, series: string): boolean {
  return version === series || version.startsWith(`${series}.`);
}
