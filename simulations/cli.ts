/** `npm run sim`: runs a simulation without a browser. */
import { Command, CommanderError, Option } from 'commander';
import { catalogue } from './catalogue.ts';
import {
  allowed,
  defaultOf,
  type Earlier,
  type Given,
  isNumeric,
  type ParameterValue,
  type Schema,
  settleParameters,
} from './engine/parameters.ts';
import type { Simulation } from './engine/simulation.ts';
import { plain, type Trace } from './engine/trace.ts';
import { toolsOf } from './tools/catalogue.ts';
import { finalLines, type Tool } from './tools/line.ts';
import { pcap } from './tools/pcap.ts';
import { transcript } from './tools/transcript.ts';

/** What a person got wrong: one line on standard error, exit code 2. */
class UsageError extends Error {}

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
    lines.push(
      row(parameterName, parameter.help),
      row('', `${allowed(parameter, earlier as Earlier)}; default ${fallback}`),
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
  return [printed(trace, transcript), '', ...outcome].join('\n');
}

function output(trace: Trace, format: string): string | Uint8Array {
  if (format === 'json') return asJson(trace);
  if (format === 'text') return asText(trace);
  if (format === 'pcap') return pcap(trace);
  return printed(trace, toolsOf(trace.simulation).find(({ name }) => name === format) as Tool);
}

interface Options {
  set: string[];
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
  return output(simulation.run(values), options.format);
}

const collect = (value: string, earlier: string[]) => [...earlier, value];

const program = new Command('npm run --silent sim --')
  .description('Runs a simulation and prints what it did.')
  .argument('[simulation]', 'its name; --list shows them')
  .option('--set <name=value>', 'a parameter; may be given more than once', collect, [])
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
  process.stdout.write(typeof result === 'string' ? `${result}\n` : result);
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof CommanderError)) throw error;
  process.stderr.write(`${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}\n`);
  process.exitCode = 2;
}
