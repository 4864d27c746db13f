/** Which lines of an excerpt are folded away. */
import type { Cut } from './cutter.ts';
import type { LineRange } from './marks.ts';

const SHORTEST_FOLD_LINES = 4;
const LONGEST_CONTEXT_COMMENT_LINES = 8;
const CASE = /^\s*(case\b.*|default):/;
const GOTO_LABEL_OR_DIRECTIVE = /^(\w+:|#)/;

/**
 * The lines to fold so that what the marks light stands out. The signature, the lines within `context` of a mark, the
 * `case` that it stands under and the final brace stay. A comment is never folded in part: a short one next to a mark
 * stays, a long one goes.
 */
export function folds(excerpt: Cut & { marks: Record<string, LineRange> }, context = 2): LineRange[] {
  const lines = excerpt.text.split('\n');
  const fixed = fixedLines(excerpt, lines);
  const shown = new Set(fixed);
  for (const mark of Object.values(excerpt.marks)) {
    addRange(shown, mark.first_line - context, mark.last_line + context);
    for (const index of casesOf(lines, mark.first_line - excerpt.first_line))
      shown.add(excerpt.first_line + index);
  }
  for (const comment of comments(lines, excerpt.first_line)) keepWhole(comment, shown, fixed);
  return hiddenRuns(excerpt, shown);
}

/** The lines that stay whatever happens: signature, marks and the last line. */
function fixedLines(
  { first_line, last_line, marks }: Parameters<typeof folds>[0],
  lines: string[],
): Set<number> {
  const opening = Math.max(
    0,
    lines.findIndex((line) => line.includes('{')),
  );
  const fixed = new Set([last_line]);
  addRange(fixed, first_line, first_line + opening);
  for (const mark of Object.values(marks)) addRange(fixed, mark.first_line, mark.last_line);
  return fixed;
}

/** The `case` that a line stands under, with those stacked right above it; none outside of a switch. */
function casesOf(lines: string[], index: number): number[] {
  const cases: number[] = [];
  let depth = depthOf(lines[index]);
  for (let above = index - 1; above >= 0; above -= 1) {
    const line = lines[above] ?? '';
    const isCase = CASE.test(line);
    if (cases.length > 0 && !isCase) break;
    if (line.trim() === '' || GOTO_LABEL_OR_DIRECTIVE.test(line)) continue;
    if (cases.length === 0 && depthOf(line) >= depth) continue;
    if (isCase) cases.push(above);
    depth = depthOf(line);
  }
  return cases;
}

function depthOf(line = ''): number {
  return line.match(/^\t*/)?.[0].length ?? 0;
}

/** Block comments that have their lines to themselves. */
function comments(lines: string[], first_line: number): LineRange[] {
  const found: LineRange[] = [];
  let opened_at: number | null = null;
  for (const [index, line] of lines.entries()) {
    if (opened_at === null && line.trimStart().startsWith('/*')) opened_at = index;
    if (opened_at !== null && line.includes('*/')) {
      found.push({ first_line: first_line + opened_at, last_line: first_line + index });
      opened_at = null;
    }
  }
  return found;
}

function keepWhole(comment: LineRange, shown: Set<number>, fixed: Set<number>): void {
  const length = comment.last_line - comment.first_line + 1;
  const lines = Array.from({ length }, (_, index) => comment.first_line + index);
  if (!lines.some((line) => shown.has(line))) return;
  const stays = length <= LONGEST_CONTEXT_COMMENT_LINES || lines.some((line) => fixed.has(line));
  for (const line of lines) {
    if (stays) shown.add(line);
    else shown.delete(line);
  }
}

function hiddenRuns({ first_line, last_line }: LineRange, shown: Set<number>): LineRange[] {
  const runs: LineRange[] = [];
  let start = first_line;
  for (let line = first_line; line <= last_line; line += 1) {
    if (!shown.has(line)) continue;
    if (line - start >= SHORTEST_FOLD_LINES) runs.push({ first_line: start, last_line: line - 1 });
    start = line + 1;
  }
  return runs;
}

function addRange(lines: Set<number>, first: number, last: number): void {
  for (let line = first; line <= last; line += 1) lines.add(line);
}
