/**
 * The kernel lines that decided, with the value of each operand under it: which of them made the result, and what
 * follows.
 */
import { duration } from '#simulations/engine/duration.ts';
import { counted } from '#simulations/engine/wording.ts';
import type { Decision, Operand } from '#simulations/trace/decision.ts';
import { escapeText } from './svg.ts';

/** A piece of a line of code in one colour. */
export interface CodePiece {
  readonly text: string;
  /** The class of its colour, or null. */
  readonly kind: string | null;
}

export type CodeLine = readonly CodePiece[];

/** Where an operand stands in its line. */
interface Place {
  readonly operand: Operand;
  readonly from: number;
  readonly to: number;
}

/**
 * Each line as markup, its operands with their values. Lines are in the order of the source.
 * @param decision what was decided there, or null where no values were noted
 */
export function evaluated(lines: readonly CodeLine[], decision: Decision | null): readonly string[] {
  const left = [...(decision?.operands ?? [])];
  return lines.map((line) => {
    const text = line.map((piece) => piece.text).join('');
    const places = placesIn(text, left);
    for (const { operand } of places) left.splice(left.indexOf(operand), 1);
    let at = 0;
    const parts = places.map(({ operand, from, to }) => {
      const before = coloured(line, at, from);
      at = to;
      return `${before}${withValue(coloured(line, from, to), operand, decision?.joined ?? 'formula')}`;
    });
    return parts.join('') + coloured(line, at, text.length);
  });
}

/** What the operands came to, in the words of the decision: `true: the segment stays in the socket`. */
export const cameTo = ({ result, follows }: Decision): string =>
  `<strong>${escapeText(result)}:</strong> ${escapeText(follows)}.`;

/** The value of an operand as it is shown: `1,448 bytes`, `40 ms`, `true`. */
export function operandValue({ value, unit }: Operand): string {
  if (value === null) return 'none';
  if (typeof value !== 'number') return String(value);
  if (unit === 'ms') return duration(value * 1000);
  if (unit === null) return String(value);
  return counted(value, unit.slice(0, -1));
}

/** Longer ones first: an operand may be part of another. */
function placesIn(text: string, operands: readonly Operand[]): Place[] {
  const places: Place[] = [];
  for (const operand of operands.toSorted((a, b) => b.source.length - a.source.length)) {
    const { source } = operand;
    for (let from = text.indexOf(source); from >= 0; from = text.indexOf(source, from + 1)) {
      const to = from + source.length;
      if (isPartOfName(text, from, to) || places.some((place) => from < place.to && to > place.from))
        continue;
      places.push({ operand, from, to });
      break;
    }
  }
  return places.sort((a, b) => a.from - b.from);
}

/** Whether what stands there goes on as a longer name: the `m` of `min`. */
const isPartOfName = (text: string, from: number, to: number): boolean =>
  (/\w/.test(text[from] ?? '') && /\w/.test(text[from - 1] ?? '')) ||
  (/\w/.test(text[to - 1] ?? '') && /\w/.test(text[to] ?? ''));

/** A part of a line, in its colours. */
function coloured(line: CodeLine, from: number, to: number): string {
  let at = 0;
  let markup = '';
  for (const { text, kind } of line) {
    const cut = escapeText(text.slice(Math.max(0, from - at), Math.max(0, to - at)));
    at += text.length;
    if (cut) markup += kind ? `<span class="${kind}">${cut}</span>` : cut;
  }
  return markup;
}

/** Values of a condition have a dot: full where the operand holds, open where it does not. */
function withValue(code: string, operand: Operand, joined: Decision['joined']): string {
  const isCondition = joined === 'and' || joined === 'or';
  const holds = isCondition ? ` data-holds="${Boolean(operand.value)}"` : '';
  return `<span class="operand${operand.made_it ? ' made-it' : ''}"><span class="source">${code}</span><span class="value"${holds}>${escapeText(operandValue(operand))}</span></span>`;
}
