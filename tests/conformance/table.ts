/** `npm run conformance`: every figure of every recorded case beside the simulation's, with the difference. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Argument } from 'commander';
import { held, recordingOf } from '#simulations/catalogue.ts';
import { parseRecording } from '#simulations/recording/recording.ts';
import { commandLine } from '#site/command.ts';

const program = commandLine(
  'npm run conformance --',
  `Prints every figure of every recorded case beside the simulation's, with the difference.`,
)
  .addArgument(new Argument('[simulation...]', 'those wanted; all by default').choices(Object.keys(held)))
  .addHelpText('after', '\nExit code 1: a figure does not hold.')
  .parse();
const wanted = program.args;

const ms = (value: unknown): string => (typeof value === 'number' ? value.toFixed(1) : String(value ?? '–'));
const row = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(74) : cell.padStart(i === 1 ? 18 : 14))).join(' ');

let failed = 0;
let figures = 0;
for (const [name, incident] of Object.entries(held)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const path = join('content', recordingOf(incident));
  const recording = parseRecording(readFileSync(path, 'utf8'), path);
  console.log(
    row([`${name}, Linux ${recording.kernel}`, 'figure', 'simulation', 'kernel', 'late by', 'may be late']),
  );
  for (const recorded of recording.cases) {
    if (!recorded.observed) {
      console.log(row([recorded.name, `skipped: ${recorded.skipped}`]));
      continue;
    }
    const compared = incident.comparison?.compare(recorded, recording) ?? [];
    for (const { figure, simulated, observed, late_ms, agrees } of compared) {
      if (simulated === null && observed === null) continue;
      figures++;
      const isTime = typeof observed === 'number' && late_ms > 0;
      const late = isTime ? (observed - Number(simulated)).toFixed(1) : '';
      if (!agrees) failed++;
      console.log(
        row([
          recorded.name,
          figure,
          ms(simulated),
          ms(observed),
          late,
          late_ms > 0 ? late_ms.toFixed(0) : '',
        ]) + (agrees ? '' : '  DOES NOT HOLD'),
      );
    }
  }
}
console.log(failed === 0 ? `all ${figures} figures hold` : `${failed} of ${figures} figures do not hold`);
process.exitCode = failed === 0 ? 0 : 1;
