/** Gauges: what is left of something, as a bar that drains. One end's by themselves, or both ends' face to face. */
import { escapeText } from './svg.ts';

export interface Level {
  /** What stands at its end, with its unit. */
  readonly value: string;
  /** 0 … 1. */
  readonly share: number;
}

type Tone = 'timer' | 'syn' | 'data' | 'ok' | 'count';

export interface Gauge extends Level {
  readonly label: string;
  readonly tone: Tone;
}

/** The same gauge of both ends: client left, server right. */
export interface GaugePair {
  readonly label: string;
  readonly tone: Tone;
  readonly client: Level;
  readonly server: Level;
}

/** A kernel variable and its value. */
export type Variable = readonly [name: string, value: string];

export interface Panel {
  readonly gauges: readonly Gauge[];
  readonly pairs?: readonly GaugePair[];
  readonly variables: readonly Variable[];
}

const widthOf = (share: number): number => Math.max(0, Math.min(1, share)) * 100;

function drawGauge({ label, value, share, tone }: Gauge): string {
  return `<div class="gauge"><div><span>${escapeText(label)}</span><b>${escapeText(value)}</b></div><svg width="100%" height="10" aria-hidden="true"><rect class="well" width="100%" height="10" rx="5"/><rect class="fill ${tone}" width="${widthOf(share).toFixed(2)}%" height="10" rx="5"/></svg></div>`;
}

/** The client's bar drains towards the middle from the left, the server's from the right. */
function drawPair({ label, tone, client, server }: GaugePair): string {
  const half = (x: number, width: number, share: number): string =>
    `<rect class="well" x="${x}%" width="48.5%" height="8" rx="4"/><rect class="fill ${tone}" x="${x === 0 ? (48.5 - width).toFixed(2) : x}%" width="${share > 0 ? width.toFixed(2) : 0}%" height="8" rx="4"/>`;
  const bars =
    half(0, widthOf(client.share) * 0.485, client.share) +
    half(51.5, widthOf(server.share) * 0.485, server.share);
  return `<div class="gauge pair"><div><b><span class="sr">client </span>${escapeText(client.value)}</b><span>${escapeText(label)}</span><b><span class="sr">server </span>${escapeText(server.value)}</b></div><svg width="100%" height="8" aria-hidden="true">${bars}</svg></div>`;
}

export function drawGauges({ gauges, pairs = [], variables }: Panel): string {
  const values = variables.map(
    ([name, value]) => `<span>${escapeText(name)} <b>${escapeText(value)}</b></span>`,
  );
  const listed = values.length ? `<div class="variables">${values.join('')}</div>` : '';
  return [...gauges.map(drawGauge), ...pairs.map(drawPair), listed].join('');
}
