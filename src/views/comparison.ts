/** Two runs side by side as a table: the parameters in which they differ, and what came out. */
import type { Trace } from '#simulations/trace/trace.ts';
import type { LiveFigure } from '../figures/figure.ts';
import { escapeText } from './svg.ts';

type Row = readonly [name: string, a: string, b: string];

/** The inside of a table. */
export function comparison(figure: LiveFigure, a: Trace, b: Trace): string {
  const changed = Object.entries(a.parameters)
    .filter(([name, value]) => b.parameters[name] !== value)
    .map(([name, value]): Row => [name, String(value), String(b.parameters[name])]);
  const [theirs, ours] = [figure.summary(a), figure.summary(b)];
  const names = [...new Set([...theirs, ...ours].map(([name]) => name))];
  const value = (rows: typeof ours, name: string) => rows.find((row) => row[0] === name)?.[1] ?? '–';
  const outcome = names.map((name): Row => [name, value(theirs, name), value(ours, name)]);
  const markup = ([name, left, right]: Row) =>
    `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(left)}</td><td>${escapeText(right)}</td></tr>`;
  return `<thead><tr><td></td><th scope="col">A</th><th scope="col">B</th></tr></thead><tbody>${[...changed, ...outcome].map(markup).join('')}</tbody>`;
}
