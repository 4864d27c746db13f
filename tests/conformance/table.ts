/** `npm run conformance`: every recorded case beside the simulation, as a table; exit 1 where one does not hold. */
import { readFileSync } from 'node:fs';
import { compare, simulate } from '#simulations/recording/connect-timeout.ts';
import { parseRecording } from '#simulations/recording/recording.ts';

const file = 'content/incidents/connect-timeout/recording.json';
const { kernel, hz, cases } = parseRecording(readFileSync(file, 'utf8'), file);
const ms = (value: unknown): string => (typeof value === 'number' ? value.toFixed(1) : String(value ?? '–'));
const row = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(74) : cell.padStart(i === 1 ? 10 : 12))).join(' ');

console.log(
  row([`connect-timeout, Linux ${kernel}`, 'figure', 'simulation', 'kernel', 'late by', 'may be late']),
);
let failed = 0;
for (const recorded of cases) {
  if (!recorded.observed) {
    console.log(row([recorded.name, `skipped: ${recorded.skipped}`]));
    continue;
  }
  for (const { figure, simulated, observed, late_ms, agrees } of compare(
    recorded.observed,
    simulate(recorded),
    hz,
  )) {
    if (simulated === null && observed === null) continue;
    const late = typeof observed === 'number' && late_ms > 0 ? (observed - Number(simulated)).toFixed(1) : '';
    if (!agrees) failed++;
    console.log(
      row([recorded.name, figure, ms(simulated), ms(observed), late, late_ms > 0 ? late_ms.toFixed(0) : '']) +
        (agrees ? '' : '  DOES NOT HOLD'),
    );
  }
}
console.log(failed === 0 ? 'every figure holds' : `${failed} figures do not hold`);
process.exitCode = failed === 0 ? 0 : 1;
