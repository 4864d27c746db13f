/**
 * `npm run lab -- <slug> [args…]`: runs the lab of an incident or of a page of the reference on this machine's kernel.
 *
 * What runs is the file that the site offers for download, put together in `.cache/labs/<slug>/lab.py`. The arguments
 * after the slug go to it as they are (`--help` lists them), and its exit code is passed on: 77 means that this machine
 * cannot run it. Here that is so without Linux or without python3. Exit code 2: no such lab.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assembleLab, findLabs, type Lab } from '#site/labs.ts';
import { CANNOT_RUN_HERE } from './lab-outcome.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const content = join(project, 'content');

/** Says in one line why the lab does not run, and ends. */
function refuse(reason: string, code: number): never {
  console.error(reason);
  process.exit(code);
}

/** Puts a lab together; returns the file. Another run that does the same at the same time is not disturbed. */
function written({ slug, folder }: Lab): string {
  const file = join(project, '.cache', 'labs', slug, 'lab.py');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, assembleLab(folder, content));
  renameSync(`${file}.${process.pid}`, file);
  return file;
}

const [slug, ...args] = process.argv.slice(2);
const labs = findLabs(content);
const lab = labs.find((candidate) => candidate.slug === slug);
if (!lab) {
  const problem = slug ? `No lab called "${slug}"` : 'Usage: npm run lab -- <slug> [args…]';
  refuse(`${problem}; labs: ${labs.map((known) => known.slug).join(', ')}`, 2);
}
if (process.platform !== 'linux') {
  const reason = `The labs ask a Linux kernel; this is ${process.platform}. Try a Linux virtual machine.`;
  refuse(reason, CANNOT_RUN_HERE);
}

process.on('SIGINT', () => {}); // Ctrl-C reaches the lab too; let it end first, and pass on how it did
const { error, status, signal } = spawnSync('python3', [written(lab), ...args], { stdio: 'inherit' });

if (error) refuse(`The lab needs python3 (3.8 or later): ${error.message}`, CANNOT_RUN_HERE);
process.exit(status ?? 128 + (signal ? constants.signals[signal] : 0));
