/**
 * `npm run conformance -- [simulation…]`: every figure of every recorded case beside the simulation's, with the
 * difference. Exit code 1 when one does not hold, 2 for a name that is none.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { holders } from '#simulations/recording/catalogue.ts';
import { parseRecording } from '#simulations/recording/recording.ts';

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !holders[name]);
if (unknown) {
  console.error(`no recording holds "${unknown}"; there are ${Object.keys(holders).join(', ')}`);
  process.exit(2);
}

const ms = (value: unknown): string => (typeof value === 'number' ? value.toFixed(1) : String(value ?? '–'));
const row = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(74) : cell.padStart(i === 1 ? 18 : 14))).join(' ');

let failed = 0;
let figures = 0;
for (const [name, { file, compare }] of Object.entries(holders)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const path = join('content', file);
  const recording = parseRecording(readFileSync(path, 'utf8'), path);
  console.log(
    row([`${name}, Linux ${recording.kernel}`, 'figure', 'simulation', 'kernel', 'late by', 'may be late']),
  );
  for (const recorded of recording.cases) {
    if (!recorded.observed) {
      console.log(row([recorded.name, `skipped: ${recorded.skipped}`]));
      continue;
    }
    for (const { figure, simulated, observed, late_ms, agrees } of compare(recorded, recording)) {
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
