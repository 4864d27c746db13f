/** The state diagram: states and arrows from the machine, places by hand, one token for each end. */
import { states, type Transition, transitions } from '#simulations/kernel/tcp/transitions.ts';
import { escapeText, px } from '../views/svg.ts';
import { BOX, PLACES, type Point, ROUTES, type Route, SIZE } from './layout.ts';

const LINE = 14;
/** Letters that a line of words has room for. */
const MOST = 22;

/** Events whose names are too long for a picture; the legend below it explains these. */
export const SHORT: Readonly<Record<string, string>> = {
  'close(), SO_LINGER 0': 'linger 0',
  'close(), data unread': 'unread',
};

/** One arrow: all transitions between the same two states. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly taken: readonly Transition[];
}

/** The machine’s arrows, each pair of states once. */
export function arrows(all: readonly Transition[] = transitions): Arrow[] {
  const pairs = new Map<string, { from: string; to: string; taken: Transition[] }>();
  for (const transition of all) {
    const { from, to } = transition;
    const pair = pairs.get(`${from} ${to}`) ?? { from, to, taken: [] };
    pair.taken.push(transition);
    pairs.set(`${from} ${to}`, pair);
  }
  return [...pairs.values()];
}

/** `close(), shutdown() / FIN`: what leads over an arrow, and after the stroke what is sent. */
export function words(taken: readonly Transition[]): string[] {
  const bySent = new Map<string, string[]>();
  for (const { event, sends } of taken) {
    const key = sends ?? '';
    const events = bySent.get(key) ?? [];
    const name = SHORT[event] ?? event;
    if (!events.includes(name)) events.push(name);
    bySent.set(key, events);
  }
  return [...bySent].flatMap(([sends, events]) => inLines(events, sends));
}

function inLines(events: readonly string[], sends: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [i, event] of events.entries()) {
    const isLast = i === events.length - 1;
    const word = isLast ? `${event}${sends && ` / ${sends}`}` : `${event},`;
    if (line && `${line} ${word}`.length > MOST) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}

const placeOf = (state: string): Point => PLACES[state] ?? { x: SIZE.width / 2, y: SIZE.height / 2 };

/** A straight arrow, for what the layout does not know. */
function straight(from: string, to: string): Route {
  const a = placeOf(from);
  const b = placeOf(to);
  return {
    path: `M${a.x} ${a.y + BOX.height / 2}L${b.x} ${b.y - BOX.height / 2}`,
    words: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
  };
}

function drawArrow({ from, to, taken }: Arrow): string {
  const { path, words: place } = ROUTES[`${from} ${to}`] ?? straight(from, to);
  const lines = words(taken);
  const top = place.grows === 'up' ? place.y - (lines.length - 1) * LINE : place.y;
  const text = lines
    .map(
      (line, i) =>
        `<text x="${px(place.x)}" y="${px(top + i * LINE)}" text-anchor="${place.anchor ?? 'start'}">${escapeText(line)}</text>`,
    )
    .join('');
  const said = taken.map(({ event, sends }) => event + (sends ? `, sends ${sends}` : '')).join('; ');
  return `<g class="arrow" data-arrow="${from} ${to}"><title>${escapeText(`${from} to ${to}: ${said}`)}</title><path d="${path}" marker-end="url(#tip)"/>${text}</g>`;
}

function drawState(state: string): string {
  const { x, y } = placeOf(state);
  return `<g class="state" data-state="${state}"><rect x="${px(x - BOX.width / 2)}" y="${px(y - BOX.height / 2)}" width="${BOX.width}" height="${BOX.height}" rx="7"/><text x="${px(x)}" y="${px(y + 4)}" text-anchor="middle">${state}</text></g>`;
}

/** Where a token is put so that it sits on a state’s corner: the client’s on the left, the server’s on the right. */
export function tokenPlace(end: 'client' | 'server' | 'listener', state: string): Point {
  const { x, y } = placeOf(state);
  const side = end === 'client' ? -1 : 1;
  return { x: x + side * (BOX.width / 2 - 4), y: y - (end === 'listener' ? -1 : 1) * (BOX.height / 2 + 1) };
}

/** The place of a token as the style that moves it. */
export function tokenStyle(end: 'client' | 'server' | 'listener', state: string): string {
  const { x, y } = tokenPlace(end, state);
  return `transform:translate(${px(x)}px,${px(y)}px)`;
}

const tokens = [
  '<g class="token listener" data-token="client-listener" hidden><circle r="9"/><text y="4" text-anchor="middle">C</text></g>',
  '<g class="token listener" data-token="server-listener" hidden><rect x="-9" y="-9" width="18" height="18" rx="3"/><text y="4" text-anchor="middle">S</text></g>',
  `<g class="token client" data-token="client" style="${tokenStyle('client', 'CLOSE')}"><circle r="10"/><text y="4.3" text-anchor="middle">C</text></g>`,
  `<g class="token server" data-token="server" style="${tokenStyle('server', 'CLOSE')}"><rect x="-9.5" y="-9.5" width="19" height="19" rx="3"/><text y="4.3" text-anchor="middle">S</text></g>`,
].join('');

/** The whole diagram, both tokens at CLOSE. */
export function diagram(): string {
  const { width, height } = SIZE;
  return `<svg class="view statechart eleven" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The eleven states of TCP and the ways between them; the table below says the same in words"><defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse"><path d="M0 0L8 4L0 8z"/></marker></defs><g data-arrows>${arrows().map(drawArrow).join('')}</g>${states.map(drawState).join('')}${tokens}</svg>`;
}
