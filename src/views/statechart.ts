/**
 * A picture of a statechart, drawn from the machine's own definition. Laid out by elkjs while the
 * site is built; the browser only moves classes.
 */
import ELK, { type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk.bundled.js';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { ChartPart } from './chart-part.ts';
import { escapeText, px } from './svg.ts';

const LETTER = 7.5;
const LABEL = 6.8;
const LINE = 15;

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly labels: readonly string[];
}

/** The words for a transition's event. A delayed one is the timer that it waits for. */
function eventName(type: string): string {
  const [, delay] = /^xstate\.after\.([^.]+)/.exec(type) ?? [];
  return delay ? `${delay} passes` : type;
}

/** The arrows among the states that are shown; transitions between the same two states share one. */
function arrowsOf(region: AnyStateNode, shown: ReadonlySet<string>, part?: ChartPart): Arrow[] {
  const arrows = new Map<string, { from: string; to: string; labels: string[] }>();
  for (const state of Object.values(region.states)) {
    if (part?.leaving && !part.leaving.includes(state.key)) continue;
    for (const [type, transitions] of state.transitions) {
      if (part?.events && !part.events.includes(type)) continue;
      for (const { target } of transitions) {
        // What changes no state is in the table of transitions, not in the picture.
        const to = target?.[0]?.key;
        if (!to || !shown.has(state.key) || !shown.has(to)) continue;
        const key = `${state.key} ${to}`;
        const arrow = arrows.get(key) ?? { from: state.key, to, labels: [] };
        if (!arrow.labels.includes(eventName(type))) arrow.labels.push(eventName(type));
        arrows.set(key, arrow);
      }
    }
  }
  return [...arrows.values()];
}

/** Labels in lines of at most two, so that they stay narrow. */
const inLines = (labels: readonly string[]): string[] =>
  labels.map((label, i) => (i < labels.length - 1 ? `${label},` : label));

/** @param region name of a parallel region, or of a machine that has none @param part what to draw of it; all when left out */
export async function statechart(
  machine: AnyStateMachine,
  region: string,
  part?: ChartPart,
): Promise<string> {
  const node = machine.root.states[region] ?? (region === machine.id ? machine.root : undefined);
  if (!node) throw new Error(`the machine has no region "${region}"`);
  const shown = new Set(part?.states ?? Object.keys(node.states));
  const arrows = arrowsOf(node, shown, part);
  const layout = (await new ELK().layout({
    id: region,
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': part?.direction ?? 'DOWN',
      'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
      'elk.spacing.nodeNode': '30',
      'elk.layered.spacing.nodeNodeBetweenLayers': '26',
      'elk.spacing.edgeLabel': '5',
      'elk.edgeRouting': 'SPLINES',
      'elk.layered.edgeLabels.sideSelection': 'SMART_UP',
      'elk.padding': '[top=6,left=6,bottom=6,right=6]',
    },
    children: [...shown].map((id) => ({ id, width: id.length * LETTER + 28, height: 32 })),
    edges: arrows.map(({ from, to, labels }, i) => ({
      id: `${region}-${i}`,
      sources: [from],
      targets: [to],
      labels: [
        {
          text: inLines(labels).join('\n'),
          // A loop's label stands beside it, and must not touch it.
          width: Math.max(...inLines(labels).map(({ length }) => length)) * LABEL + (from === to ? 18 : 6),
          height: labels.length * LINE,
        },
      ],
    })),
  })) as ElkNode & { edges?: ElkExtendedEdge[] };
  const width = px(layout.width ?? 0);
  const height = px(layout.height ?? 0);
  const edges = (layout.edges ?? []).map((edge, i) => drawArrow(edge, arrows[i] as Arrow, region));
  const states = (layout.children ?? []).map((state) => drawState(state, region));
  return `<svg class="view statechart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="States of the ${region}: ${[...shown].join(', ')}"><defs><marker id="arrow-${region}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>${edges.join('')}${states.join('')}</svg>`;
}

function drawState({ id, x = 0, y = 0, width = 0, height = 0 }: ElkNode, region: string): string {
  return `<g class="state" data-region="${region}" data-state="${id}"><rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="7"/><text x="${px(x + width / 2)}" y="${px(y + height / 2 + 4)}" text-anchor="middle">${id}</text></g>`;
}

function drawArrow(
  { sections = [], labels = [] }: ElkExtendedEdge,
  { from, to }: Arrow,
  region: string,
): string {
  const path = sections
    .map(({ startPoint, bendPoints = [], endPoint }) => {
      const points = [...bendPoints, endPoint].map(({ x, y }) => `${px(x)} ${px(y)}`);
      const curves = [];
      for (let i = 0; i < points.length; i += 3)
        curves.push(
          points.length - i >= 3 ? `C${points.slice(i, i + 3).join(' ')}` : `L${points.slice(i).join(' L')}`,
        );
      return `M${px(startPoint.x)} ${px(startPoint.y)}${curves.join('')}`;
    })
    .join('');
  const text = labels
    .map(({ text = '', x = 0, y = 0 }) =>
      text
        .split('\n')
        .map((line, i) => `<text x="${px(x + 3)}" y="${px(y + 11 + i * LINE)}">${escapeText(line)}</text>`)
        .join(''),
    )
    .join('');
  return `<g class="arrow" data-region="${region}" data-arrow="${from} ${to}"><path d="${path}" marker-end="url(#arrow-${region})"/>${text}</g>`;
}
