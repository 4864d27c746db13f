/** A playbook as its file has it: steps, commands, answers, and where each answer leads. */
import { FIELDS, type Field } from './fields.ts';

/** What one may see in a step. */
export interface Answer {
  /** What is seen, such as the function in which threads sleep; code between backticks. */
  readonly says: string;
  readonly means: string;
  /** The step, the part of the chapter (`#fix`) or the page that it leads to; nothing where the playbook ends. */
  readonly to: string | undefined;
  /** Where it leads in words; a step has its title. */
  readonly leads: string | undefined;
}

export interface Step {
  /** Its fragment on the page: it stays when steps are added or moved. */
  readonly id: string;
  readonly title: string;
  /** Its place among the numbered steps, from 1; nothing for first aid. */
  readonly number: number | undefined;
  /** The commands as written, placeholders and all: fenced as `sh`, or in a `<Command>`. In the order of the text. */
  readonly commands: readonly string[];
  readonly answers: readonly Answer[];
}

const PARTS =
  /^```(?<language>\w*)[^\n]*\n(?<code>[\s\S]*?)^```$|<(?<tag>Step|Answer|Command)(?<attributes>(?:\s+\w+(?:="[^"]*"|=\{`[^`]*`\})?)*)\s*\/?>/gm;
const ATTRIBUTES = /(\w+)(?:="([^"]*)"|=\{`([^`]*)`\})?/g;

/**
 * Reads the steps of `playbook.mdx`.
 * @throws Error where a step has no id or title, two have one id, or an answer leads to no step and says nothing in words
 */
export function stepsOf(mdx: string): Step[] {
  const steps: (Step & { commands: string[]; answers: Answer[] })[] = [];
  let numbered = 0;
  for (const { groups = {} } of mdx.matchAll(PARTS)) {
    const step = steps.at(-1);
    if (groups.tag === undefined) {
      if (groups.language === 'sh') step?.commands.push((groups.code ?? '').trimEnd());
      continue;
    }
    const { id, title, aid, run, says, means, to, leads }: Record<string, string | undefined> =
      Object.fromEntries(
        [...(groups.attributes ?? '').matchAll(ATTRIBUTES)].map(([, name, text, code]) => [
          name,
          text ?? code ?? '',
        ]),
      );
    if (groups.tag === 'Command') step?.commands.push(run ?? '');
    else if (groups.tag === 'Answer') step?.answers.push({ says: says ?? '', means: means ?? '', to, leads });
    else if (!id || !title)
      throw new Error(`a step of the playbook needs id and title: ${groups.attributes}`);
    else if (steps.some((other) => other.id === id)) throw new Error(`two steps of the playbook are "${id}"`);
    else {
      if (aid === undefined) numbered += 1;
      steps.push({ id, title, number: aid === undefined ? numbered : undefined, commands: [], answers: [] });
    }
  }
  for (const step of steps)
    for (const { says, to, leads } of step.answers)
      if (!leads && !steps.some(({ id }) => id === to))
        throw new Error(`in step "${step.id}" the answer "${says}" leads to no step: say where in \`then\``);
  return steps;
}

/** A command with its fields filled, as a reader copies it. @param values what stands for PID, PORT and so on */
export function filled(command: string, values: Partial<Record<Field, string>>): string {
  return command.replace(
    new RegExp(`\\b(${Object.keys(FIELDS).join('|')})\\b`, 'g'),
    (word) => values[word as Field] || word,
  );
}

/** How a step is called where something leads to it. */
export const nameOf = ({ number, title }: Pick<Step, 'number' | 'title'>): string =>
  number === undefined ? title : `Step ${number}: ${title}`;
