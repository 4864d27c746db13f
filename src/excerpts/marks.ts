/** Where the marks of an excerpt are in its text. */
import type { Cut } from './cutter.ts';
import type { MarkPattern } from './manifest.ts';

/** Lines of the kernel's file, counted from 1, both ends included. */
export interface LineRange {
  first_line: number;
  last_line: number;
}

/** The marks that were found, and a sentence for each that was not. */
export interface LocatedMarks {
  marks: Record<string, LineRange>;
  problems: string[];
}

/** Finds the lines that each pattern names inside a cut. */
export function locateMarks(cut: Cut, patterns: Record<string, MarkPattern>): LocatedMarks {
  const marks: Record<string, LineRange> = {};
  const problems: string[] = [];
  for (const [name, { at, lines = 1 }] of Object.entries(patterns)) {
    const places = occurrences(cut.text, at);
    const first_line = cut.first_line + newlines(cut.text.slice(0, places[0] ?? 0));
    const last_line = first_line + lines - 1;
    if (places.length !== 1)
      problems.push(`mark "${name}" must match once and matches ${places.length} times: ${at}`);
    else if (last_line > cut.last_line) problems.push(`mark "${name}" reaches past the end of the excerpt`);
    else marks[name] = { first_line, last_line };
  }
  return { marks, problems };
}

function occurrences(text: string, piece: string): number[] {
  const places: number[] = [];
  for (let place = text.indexOf(piece); place !== -1; place = text.indexOf(piece, place + 1))
    places.push(place);
  return places;
}

function newlines(text: string): number {
  return text.split('\n').length - 1;
}
