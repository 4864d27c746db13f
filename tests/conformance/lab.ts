/**
 * `npm run lab -- <slug> [args…]`: runs the lab script of an incident or a page of the reference on this machine's kernel.
 *
 * The arguments after the slug go to the script as they are (`--help` lists them), and its exit code is passed on.
 * Exit code 2: there is nothing to run it with or no such lab.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const content = new URL('../../content/', import.meta.url);

/** The labs: slug → script. */
const labs = new Map(
  globSync(['incidents/*/lab.py', 'reference/*/lab.py'], { cwd: fileURLToPath(content) })
    .sort()
    .map((path) => [basename(dirname(path)), new URL(path, content)]),
);

/** Says in one line why the lab cannot run, and ends. */
function refuse(reason: string): never {
  console.error(reason);
  process.exit(2);
}

const [slug, ...args] = process.argv.slice(2);

const lab = labs.get(slug ?? '');
if (!lab)
  refuse(
    `${slug ? `No lab called "${slug}"` : 'Usage: npm run lab -- <slug> [args…]'}; labs: ${[...labs.keys()].join(', ')}`,
  );
if (process.platform !== 'linux') {
  refuse(`The labs ask a Linux kernel; this is ${process.platform}. Try a Linux virtual machine.`);
}

process.on('SIGINT', () => {}); // Ctrl-C reaches the script too; let it end first, and pass on how it did
const script = fileURLToPath(lab);
const { error, status, signal } = spawnSync('python3', [script, ...args], { stdio: 'inherit' });

if (error) refuse(`The lab needs python3 (3.8 or later): ${error.message}`);
process.exit(status ?? 128 + (signal ? constants.signals[signal] : 0));
