/** Gauges: what is left of something, as a bar that drains. */
import { escapeText } from './svg.ts';

export interface Gauge {
  readonly label: string;
  /** What stands at its right end, with its unit. */
  readonly value: string;
  /** 0 … 1. */
  readonly share: number;
  readonly tone: 'timer' | 'syn' | 'ok';
}

/** A kernel variable and its value. */
export type Variable = readonly [name: string, value: string];

export function drawGauges(gauges: readonly Gauge[], variables: readonly Variable[]): string {
  const bars = gauges.map(({ label, value, share, tone }) => {
    const width = Math.max(0, Math.min(1, share)) * 100;
    return `<div class="gauge"><div><span>${escapeText(label)}</span><b>${escapeText(value)}</b></div><svg width="100%" height="10" aria-hidden="true"><rect class="well" width="100%" height="10" rx="5"/><rect class="fill ${tone}" width="${width.toFixed(2)}%" height="10" rx="5"/></svg></div>`;
  });
  const values = variables.map(
    ([name, value]) => `<span>${escapeText(name)} <b>${escapeText(value)}</b></span>`,
  );
  return `${bars.join('')}<div class="variables">${values.join('')}</div>`;
}
