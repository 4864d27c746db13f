/** `npm run sim`: runs a simulation without a browser. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { catalogue, registered } from './catalogue.ts';
import { duration } from './engine/duration.ts';
import {
  allowed,
  defaultHangsOn,
  defaultOf,
  type Earlier,
  type Given,
  isNumeric,
  type ParameterValue,
  type Schema,
  settleParameters,
} from './engine/parameters.ts';
import { count, list } from './engine/wording.ts';
import { type Action, actionProblem, actionText } from './machine/action.ts';
import { Actions } from './machine/actions.ts';
import { type Simulation, tooLarge, type Watch } from './simulation.ts';
import { finalLines } from './tools/line.ts';
import { pcap } from './tools/pcap.ts';
import type { Tool } from './tools/tool.ts';
import { transcript } from './tools/transcript.ts';
import { plain } from './trace/event.ts';
import type { Trace } from './trace/trace.ts';

/** The most events of a run that is made without being asked for it twice. */
const MOST_EVENTS = 250_000;

/** What a person got wrong: one line on standard error, exit code 2. */
class UsageError extends Error {}

const toolsOf = (simulation: string): readonly Tool[] => registered[simulation]?.tools ?? [];

/** How a run of a simulation can be printed; `pcap` is tcpdump's file. */
function formatsOf(simulation: string): string[] {
  const tools = toolsOf(simulation).flatMap(({ name, kind }) => (kind === 'words' ? [] : [name]));
  return ['text', 'json', ...tools, ...(tools.includes('tcpdump') ? ['pcap'] : [])];
}

const FORMATS = [...new Set(['connect-timeout', ...Object.keys(catalogue)].flatMap(formatsOf))];

function simulationNamed(name: string): Simulation {
  const simulation = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (!simulation)
    throw new UsageError(
      `there is no simulation "${name}": the simulations are ${Object.keys(catalogue).join(', ')}`,
    );
  return simulation;
}

function givenBy(
  assignments: readonly string[],
  simulation: Simulation,
  presetId: string | undefined,
): Given {
  const preset = simulation.presets.find(({ id }) => id === presetId);
  if (presetId !== undefined && !preset)
    throw new UsageError(
      `there is no preset "${presetId}": the presets are ${simulation.presets.map(({ id }) => id).join(', ')}`,
    );
  const given: [string, ParameterValue][] = Object.entries(preset?.given ?? {});
  for (const assignment of assignments) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined || value === undefined)
      throw new UsageError(`--set takes name=value, not "${assignment}"`);
    given.push([name, value]);
  }
  return Object.fromEntries(given);
}

function helpFor({ name, title, parameters, presets, outcome }: Simulation): string {
  const row = (left: string, right: string) => `  ${left.padEnd(26)} ${right}`;
  const lines = [`${name}: ${title}`, '', 'Parameters (--set name=value):'];
  const earlier: Record<string, string | number | boolean> = {};
  for (const [parameterName, parameter] of Object.entries(parameters as Schema)) {
    const fallback = defaultOf(parameter, earlier);
    earlier[parameterName] = fallback;
    const hangsOn = defaultHangsOn(parameter, earlier);
    const reason = hangsOn.length ? ` (it depends on ${list(hangsOn)})` : '';
    lines.push(
      row(parameterName, parameter.help),
      row('', `${allowed(parameter, earlier as Earlier)}; default ${fallback}${reason}`),
    );
    if (isNumeric(parameter) && parameter.special)
      for (const [value, meaning] of Object.entries(parameter.special))
        lines.push(row('', `${value} means ${meaning}`));
    if (parameter.type === 'choice')
      for (const [value, meaning] of Object.entries(parameter.choices))
        lines.push(row('', `  ${value}: ${meaning}`));
    if (parameter.type === 'list')
      for (const [word, meaning] of Object.entries(parameter.words))
        lines.push(row('', `  ${word}: ${meaning}`));
  }
  lines.push('', 'Presets (--preset id):', ...presets.map(({ id, help }) => row(id, help)));
  lines.push('', 'Outcome:', ...Object.entries(outcome).map(([field, help]) => row(field, String(help))));
  return lines.join('\n');
}

function asJson({ simulation, parameters, outcome, events }: Trace): string {
  return JSON.stringify(
    {
      simulation,
      parameters,
      outcome,
      events: events.map((event) => ({ ...event, says: plain(event.says) })),
    },
    null,
    2,
  );
}

/** What a tool has printed at the end; of a command that is run again and again, all that it ever printed. */
function printed(trace: Trace, tool: Tool): string {
  const lines = tool.lines(trace);
  return (tool.repeats ? lines : finalLines(lines)).map(({ text }) => text).join('\n');
}

/** A value of the outcome: a list with commas, a table as `key: value`. */
function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(', ');
  if (value === null || typeof value !== 'object') return String(value);
  const entries = Object.entries(value);
  return entries.length ? entries.map(([key, item]) => `${key}: ${inWords(item)}`).join(', ') : 'none';
}

function asText(trace: Trace): string {
  const outcome = Object.entries(trace.outcome as object).map(
    ([field, value]) => `${field.padEnd(16)} ${inWords(value)}`,
  );
  return [printed(trace, transcript), '', ...outcome, '', trace.verdict].join('\n');
}

function output(trace: Trace, format: string): string | Uint8Array {
  if (format === 'json') return asJson(trace);
  if (format === 'text') return asText(trace);
  if (format === 'pcap') return pcap(trace);
  return printed(trace, toolsOf(trace.simulation).find(({ name }) => name === format) as Tool);
}

interface Options {
  set: string[];
  do: Action[];
  large?: boolean;
  preset?: string;
  format: string;
  list?: boolean;
  help?: boolean;
}

function answer(name: string | undefined, options: Options): string | Uint8Array {
  if (options.list)
    return Object.values(catalogue)
      .map((simulation) => `${simulation.name.padEnd(24)} ${simulation.title}`)
      .join('\n');
  if (options.help)
    return name === undefined ? program.helpInformation().trimEnd() : helpFor(simulationNamed(name));
  if (name === undefined) throw new UsageError(`name a simulation: ${Object.keys(catalogue).join(', ')}`);
  const simulation = simulationNamed(name);
  if (!formatsOf(name).includes(options.format))
    throw new UsageError(
      `${name} has nothing for --format ${options.format}: it can be ${formatsOf(name).join(', ')}`,
    );
  const given = givenBy(options.set, simulation, options.preset);
  const { values, problems } = settleParameters(simulation.parameters, given);
  if (problems[0]) throw new UsageError(problems[0].message);
  const size = simulation.size(values);
  const refusal = options.large ? null : tooLarge(size, MOST_EVENTS, 'the command line without --large');
  if (refusal) throw new UsageError(refusal);
  const trace = simulation.run(values, new Actions(options.do), progress(size.events));
  const undone = whyUndone(trace, options.do);
  if (undone) throw new UsageError(undone);
  return output(trace, options.format);
}

/** Why an action was not done, in a line, or null where all were. */
function whyUndone({ events }: Trace, actions: readonly Action[]): string | null {
  const told = events.filter(({ kind }) => kind === 'action' || kind === 'action-refused');
  for (const { kind, data } of told) {
    const { action, why } = data as { readonly action: string; readonly why?: string };
    if (kind === 'action-refused') return `cannot ${action}: ${why}`;
  }
  const texts = told.map(({ data }) => (data as { readonly action: string }).action);
  for (const action of actions) {
    const text = actionText(action);
    const place = texts.indexOf(text);
    if (place >= 0) texts.splice(place, 1);
    else {
      const last = events.length - 1;
      const end = duration(events[last]?.at_us ?? 0);
      const allowed = action.at > last ? `: "at" is from 0 to ${last}` : '';
      return `cannot ${text}: the run ends with event ${last}, at ${end}, before this is due${allowed}`;
    }
  }
  return null;
}

/** Tells on a terminal how far a long run is. @param expected events */
function progress(expected: number): Watch | undefined {
  if (expected < MOST_EVENTS / 10 || !process.stderr.isTTY) return undefined;
  return (events) => {
    const share = Math.min(99, Math.floor((100 * events) / expected));
    process.stderr.write(`\r${count(events)} events, ${share} %`);
  };
}

/** One action of a person, as JSON. */
function actionOf(text: string, earlier: Action[]): Action[] {
  let action: Partial<Action>;
  try {
    action = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError(
      'it takes JSON: {"at":20,"do":"sysctl","machine":"client","name":"tcp_syn_retries","value":2}',
    );
  }
  const problem = actionProblem(action);
  if (problem) throw new InvalidArgumentError(problem);
  return [...earlier, action as Action];
}

const collect = (value: string, earlier: string[]) => [...earlier, value];

const program = new Command('npm run --silent sim --')
  .description('Runs a simulation and prints what it did.')
  .argument('[simulation]', 'its name; --list shows them')
  .option('--set <name=value>', 'a parameter; may be given more than once', collect, [])
  .option('--do <json>', 'what a person does on the way; may be given more than once', actionOf, [])
  .option('--large', 'makes a run of more events, which takes long and much memory')
  .option('--preset <id>', 'a named set of parameters, before --set')
  .addOption(new Option('--format <format>', 'what to print').choices(FORMATS).default('text'))
  .option('--list', 'lists the simulations')
  .helpOption(false)
  .option('-h, --help', 'explains the command, or the parameters of the simulation named')
  .exitOverride()
  .configureOutput({ writeErr: () => {} });

// A reader that has seen enough (head, a pager) closes the pipe: no error. Any other failure to write is one line.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`cannot write: ${error.message}\n`);
  process.exit(1);
});

try {
  program.parse();
  const result = answer(program.args[0], program.opts<Options>());
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  process.stdout.write(typeof result === 'string' ? `${result}\n` : result);
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof CommanderError)) throw error;
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  process.stderr.write(`${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}\n`);
  process.exitCode = 2;
}
