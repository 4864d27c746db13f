/**
 * The commands of a chapter's playbook, as the chapter prints them, run in the situation that they are for.
 *
 * `<slug>.py` makes the situations: it is given the name of one and commands on standard input, and prints what each
 * command printed, both as JSON. `<slug>.test.ts` says which command belongs to which situation, and compares what it
 * printed with what the text says. A command is named by how it begins, so the text and the test cannot drift apart: a
 * command that is changed so far that it begins differently, and one that no test takes, fail.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stepsOf } from '#site/playbook/playbook.ts';
import { labOutcome } from '../lab-outcome.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));

/** The playbook of a chapter; of a page of the reference, which has none, the page as if it were one step. */
function playbookOf(slug: string): string {
  const page = `${project}content/reference/${slug}/index.mdx`;
  if (existsSync(page)) return `<Step id="page" title="page">\n${readFileSync(page, 'utf8')}`;
  return readFileSync(`${project}content/incidents/${slug}/playbook.mdx`, 'utf8');
}

/** The commands of a playbook, in the order of the text, with PID, PORT and so on as they stand there. */
export const commandsOf = (slug: string): string[] =>
  stepsOf(playbookOf(slug)).flatMap(({ commands }) => commands);

/** The blocks of code of one language in the chapter itself, such as the rules of an alert in `yaml`. */
export const blocksOf = (slug: string, language: string): string[] =>
  [
    ...readFileSync(`${project}content/incidents/${slug}/index.mdx`, 'utf8').matchAll(
      new RegExp(`^\`\`\`${language}[^\\n]*\\n([\\s\\S]*?)^\`\`\`$`, 'gm'),
    ),
  ].map(([, code = '']) => code);

/** What a command did. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit code; null where the situation ended it. */
  readonly status: number | null;
}

/** A playbook whose commands are taken one by one. */
export class Playbook {
  readonly slug: string;
  readonly commands: readonly string[];
  readonly #taken = new Set<string>();

  constructor(slug: string) {
    this.slug = slug;
    this.commands = commandsOf(slug);
  }

  /** The one command that begins so. @throws Error where there is none, or more than one */
  take(beginning: string): string {
    const found = [...new Set(this.commands)].filter((command) => command.startsWith(beginning));
    const [command] = found;
    if (command === undefined || found.length > 1)
      throw new Error(`${found.length} commands of ${this.slug} begin with "${beginning}"`);
    this.#taken.add(command);
    return command;
  }

  /** The commands that nobody has taken. */
  get untaken(): string[] {
    return this.commands.filter((command) => !this.#taken.has(command));
  }

  /**
   * Makes a situation and runs commands in it, one after the other.
   * @param commands by a name of the test's own, as `take()` gives them
   * @returns what each printed, by that name; or why this machine cannot run them
   * @throws Error when the situation fails
   */
  play<Name extends string>(
    situation: string,
    commands: Readonly<Record<Name, string>>,
  ): Record<Name, Printed> | string {
    const file = `${project}tests/conformance/playbooks/${this.slug}.py`;
    const input = JSON.stringify(commands);
    const outcome = labOutcome(
      spawnSync('python3', [file, situation], { encoding: 'utf8', input, maxBuffer: 1e8, timeout: 120_000 }),
    );
    return outcome.cannotRun ?? (JSON.parse(outcome.stdout ?? '') as Record<Name, Printed>);
  }

  /**
   * The same for a test, which is skipped, with the reason, where this machine cannot run it.
   * @typeParam Out what the situation prints, where that is more than each command's output
   */
  playOrSkip<Name extends string, Out = Record<Name, Printed>>(
    situation: string,
    commands: Readonly<Record<Name, string>>,
    skip: (reason: string) => never,
  ): Out {
    const printed = this.play(situation, commands);
    if (typeof printed !== 'string') return printed as Out;
    console.warn(`the playbook is not tried: ${printed}`);
    return skip(printed);
  }
}

/** What promtool says against rules, or an empty text; null where it is not installed. */
export function promtoolSays(rules: string): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'));
  try {
    const file = join(folder, 'rules.yml');
    writeFileSync(file, rules);
    const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], {
      encoding: 'utf8',
    });
    if (error) return null;
    return status === 0 ? '' : `promtool ends with ${status}: ${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
