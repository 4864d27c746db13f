/** Plays a script from its file, and says in one line how it went. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bench, Unsupported } from './bench.ts';
import { play } from './player.ts';
import { ScriptError } from './scanner.ts';
import { parseScript, type Script } from './script.ts';

const SCRIPTS = fileURLToPath(new URL('scripts', import.meta.url));

export type Outcome =
  | { readonly kind: 'passes' }
  | { readonly kind: 'fails'; readonly why: string }
  /** The bench does not have what the script asks for. */
  | { readonly kind: 'unsupported'; readonly why: string };

/** The names of all scripts: `group/name`. */
export function scriptNames(): string[] {
  return readdirSync(SCRIPTS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.pkt'))
    .map((file) => join(dirname(file), basename(file, '.pkt')))
    .toSorted();
}

/** @param name as {@link scriptNames} gives it, or the path of a file */
export function readScript(name: string): Script {
  const path = name.endsWith('.pkt') ? name : join(SCRIPTS, `${name}.pkt`);
  return parseScript(relative(SCRIPTS, path), readFileSync(path, 'utf8'));
}

/** Plays it on the bench that `open` makes, and closes that. */
export async function outcomeOf(script: Script, open: () => Promise<Bench> | Bench): Promise<Outcome> {
  let bench: Bench | null = null;
  try {
    bench = await open();
    await play(script, bench);
    return { kind: 'passes' };
  } catch (error) {
    if (error instanceof Unsupported) return { kind: 'unsupported', why: error.message };
    if (error instanceof ScriptError) return { kind: 'fails', why: error.message };
    throw error;
  } finally {
    await bench?.close();
  }
}
