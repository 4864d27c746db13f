/** How counts, long spans and names are written in sentences, gauges and labels. */
import { duration } from './duration.ts';

const HOUR_us = 3.6e9;

/** A duration; from two hours on in hours: `5 s`, `25 h`. @param us microseconds */
export const span = (us: number): string =>
  us < 2 * HOUR_us ? duration(us) : `${Number((us / HOUR_us).toFixed(1))} h`;

/** A whole number with commas: `65,536`. */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** A count with its noun: `1 slot`, `16 slots`. */
export const counted = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

/** `1 byte`, `4,096 bytes`. */
export const bytes = (n: number): string => counted(n, 'byte');

/** `writer 1`, `writer 1 and writer 2`, `writer 1, writer 2 and writer 3`. */
export const list = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? 'nobody') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** With a capital first letter. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
