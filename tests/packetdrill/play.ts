/**
 * `npm run packetdrill -- [--kernel] [script …]`: plays scripts on the model, or on the kernel of this machine.
 *
 * With `--write` what came of it is written down: what has passed on the kernel in `proofs.json`, what does not pass
 * on the model in `differences.json`. Exits with 1 when a script fails.
 */
import { release, setPriority } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { KernelBench } from './kernel.ts';
import { ModelBench } from './model.ts';
import { type Outcome, outcomeOf, readScript, scriptNames } from './outcome.ts';
import { LATE } from './player.ts';
import { writeDifferences, writeProofs } from './proofs.ts';

/** Scripts that play side by side on the kernel: they sleep most of the time. */
const JOBS = 4;
/** How often a script is played in which the player was late. */
const TRIES = 10;
const PAUSE_ms = 1000;

const program = new Command()
  .name('packetdrill')
  .argument('[scripts...]', 'names such as close/fin-wait2, parts of names, or files; all when left out')
  .option('--kernel', 'play on the kernel of this machine, in network namespaces', false)
  .option('--write', 'write down what came of all scripts', false)
  .option('--jobs <n>', 'scripts side by side on the kernel', Number, JOBS)
  .parse();
const { kernel, write, jobs } = program.opts<{ kernel: boolean; write: boolean; jobs: number }>();
if (write && program.args.length) program.error('--write is for all scripts: name none');

const all = scriptNames();
const isWanted = (name: string) =>
  program.args.length === 0 || program.args.some((arg) => name.includes(arg));
const names = [...all.filter(isWanted), ...program.args.filter((arg) => arg.endsWith('.pkt'))];
if (names.length === 0) program.error(`no script is called ${program.args.join(' or ')}`);

const outcomeOn = (name: string): Promise<Outcome> => {
  const script = readScript(name);
  return outcomeOf(script, () =>
    kernel ? KernelBench.open(script.sysctls) : new ModelBench(script.sysctls),
  );
};
const report = (name: string, outcome: Outcome) =>
  console.log(
    `${outcome.kind.padEnd(11)} ${name}${outcome.kind === 'passes' ? '' : `\n            ${outcome.why}`}`,
  );

if (kernel && process.getuid?.() === 0) setPriority(-20);
const outcomes = new Map<string, Outcome>();
const late: string[] = [];
const waiting = [...names];
const work = async () => {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const outcome = await outcomeOn(name);
    outcomes.set(name, outcome);
    // A time that is missed because other scripts keep the machine busy says nothing of the kernel.
    if (kernel && jobs > 1 && outcome.kind === 'fails') late.push(name);
    else report(name, outcome);
  }
};
await Promise.all(Array.from({ length: kernel ? jobs : 1 }, work));
for (const name of late) {
  let outcome = await outcomeOn(name);
  for (let tries = 1; tries < TRIES && outcome.kind === 'fails' && outcome.why.includes(LATE); tries++) {
    await setTimeout(PAUSE_ms);
    outcome = await outcomeOn(name);
  }
  outcomes.set(name, outcome);
  report(name, outcome);
}

const passed = names.filter((name) => outcomes.get(name)?.kind === 'passes');
console.log(`${passed.length} of ${names.length} pass on ${kernel ? `Linux ${release()}` : 'the model'}.`);
if (write && kernel) writeProofs(passed);
else if (write) writeDifferences(outcomes);
if (passed.length < names.length) process.exitCode = 1;
