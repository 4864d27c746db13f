/** How times are written in sentences, gauges and labels. */

/**
 * A duration in the unit that reads best, without trailing zeros: `4 s`, `1.004 s`, `200 ms`, `0 s`.
 * @param us microseconds
 */
export function duration(us: number): string {
  const ms = us / 1000;
  if (us === 0 || ms >= 1000) return `${trim(ms / 1000, 3)} s`;
  return `${trim(ms, 3)} ms`;
}

/** Seconds with three decimals, as a clock shows them: `7.000 s`. @param us microseconds */
export const clockTime = (us: number): string => `${(us / 1e6).toFixed(3)} s`;

const trim = (value: number, decimals: number): string => String(Number(value.toFixed(decimals)));

const ORDINALS = [
  'first',
  'second',
  'third',
  'fourth',
  'fifth',
  'sixth',
  'seventh',
  'eighth',
  'ninth',
  'tenth',
];

/** `first` … `tenth`, then `11th`, `21st` … @param n from 1 */
export function ordinal(n: number): string {
  const word = ORDINALS[n - 1];
  if (word) return word;
  const tail = n % 100 > 10 && n % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${tail}`;
}
