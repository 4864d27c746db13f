/**
 * `npm run lab -- <slug> [args…]`: runs an incident's lab script on this machine's kernel.
 *
 * The arguments after the slug go to the script as they are (`--help` lists them), and its exit code is passed on.
 * Exit code 2: there is nothing to run it with or no such lab.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const incidents = new URL('../../content/incidents/', import.meta.url);

/** Slugs of the incidents that have a lab. */
function labs(): string[] {
  if (!existsSync(incidents)) return [];
  return readdirSync(incidents).filter((slug) => existsSync(new URL(`${slug}/lab.py`, incidents)));
}

/** Says in one line why the lab cannot run, and ends. */
function refuse(reason: string): never {
  console.error(reason);
  process.exit(2);
}

const [slug, ...args] = process.argv.slice(2);

if (!slug || !labs().includes(slug)) {
  refuse(
    `${slug ? `No lab called "${slug}"` : 'Usage: npm run lab -- <slug> [args…]'}; labs: ${labs().join(', ')}`,
  );
}
if (process.platform !== 'linux') {
  refuse(`The labs ask a Linux kernel; this is ${process.platform}. Try a Linux virtual machine.`);
}

process.on('SIGINT', () => {}); // Ctrl-C reaches the script too; let it end first, and pass on how it did
const script = fileURLToPath(new URL(`${slug}/lab.py`, incidents));
const { error, status, signal } = spawnSync('python3', [script, ...args], { stdio: 'inherit' });

if (error) refuse(`The lab needs python3 (3.8 or later): ${error.message}`);
process.exit(status ?? 128 + (signal ? constants.signals[signal] : 0));
