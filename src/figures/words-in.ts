/** The words in what a call wrote or an event tells: a name, or a list of names. */
import type { Json } from '#simulations/engine/json.ts';

export function wordsIn(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.flatMap(wordsIn) : [];
}
