/** Where the words of a picture stand: each text's box, as a browser would place it. */
import { type Element, elementOf, parse } from './markup.ts';
import { type Look, lookOf } from './styles.ts';
import { advanceOf, heightOf, type Placing } from './type.ts';

/** A text and the box around it, in px from the picture's upper left corner. */
export interface Box {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where a picture is drawn. */
export interface Pane {
  /** Its room for the picture, in px. */
  readonly width: number;
  /** The width of the whole figure, which decides what it shows, in px. */
  readonly figure: number;
  /** Where the browser puts letters; `widest` when not given. */
  readonly placing?: Placing;
  /** The room that the picture got, where it is not its own size: it stands in the middle of it. */
  readonly box?: { readonly width: number; readonly height: number };
}

/** The room that an inner picture has, where it is, and how much larger it is drawn. */
interface Room {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** A picture in its place: a page with scripts, a figure, a pane. @param isCompared whether another run is beside it */
export function drawnIn(markup: string, layout: string, isCompared = false): Element {
  const page = elementOf('html', { class: 'js' }, null);
  const figure = elementOf(
    'simulation-figure',
    { 'data-layout': layout, class: isCompared ? 'comparing' : '' },
    page,
  );
  const pane = elementOf('div', {}, figure);
  parse(markup, pane);
  const picture = pane.children.find((child) => typeof child !== 'string');
  if (!picture) throw new Error('there is no picture');
  return picture;
}

/** A length of an attribute: px, or a share of the room. */
function length(value: string | undefined, whole: number): number {
  if (value === undefined) return 0;
  const number = Number.parseFloat(value);
  return value.endsWith('%') ? (number / 100) * whole : number;
}

function moved({ attributes }: Element, room: Room): Room {
  if (attributes.transform === undefined) return room;
  const [, x, y] = /^translate\((-?[\d.]+)[ ,]+(-?[\d.]+)\)$/.exec(attributes.transform) ?? [];
  if (x === undefined) throw new Error(`boxes.ts does not read "${attributes.transform}"; teach it`);
  return { ...room, x: room.x + Number(x) * room.scale, y: room.y + Number(y) * room.scale };
}

/** The room of a picture in a picture. */
function inner({ attributes }: Element, room: Room): Room {
  const { width = '100%', height = '100%', viewBox, preserveAspectRatio } = attributes;
  const place = {
    x: room.x + length(attributes.x, room.width) * room.scale,
    y: room.y + length(attributes.y, room.height) * room.scale,
    width: length(width, room.width),
    height: length(height, room.height),
    scale: room.scale,
  };
  if (!viewBox) return place;
  const [left = 0, top = 0, wide = 1, high = 1] = viewBox.split(' ').map(Number);
  if (preserveAspectRatio) return { ...place, width: wide, height: high }; // stretched: for shapes without words
  const scale = Math.min(place.width / wide, place.height / high) * room.scale;
  return { x: place.x - left * scale, y: place.y - top * scale, width: wide, height: high, scale };
}

/** The words of a text, with where each run of them begins after the one before. */
function runsOf(element: Element, look: Look, figure: number): { text: string; dx: number; look: Look }[] {
  let dx = Number(element.attributes.dx ?? 0);
  return element.children.flatMap((child) => {
    if (typeof child !== 'string') {
      const own = lookOf(child, look, figure);
      const [first, ...more] = own.isShown ? runsOf(child, own, figure) : [];
      return first ? [first, ...more] : [];
    }
    const run = { text: child, dx, look };
    dx = 0;
    return [run];
  });
}

function boxOf(element: Element, look: Look, room: Room, { figure, placing = 'widest' }: Pane): Box | null {
  const runs = runsOf(element, look, figure).filter(({ text }) => text !== '');
  if (runs.length === 0) return null;
  const width =
    room.scale *
    runs.reduce((sum, { text, dx, look }) => sum + dx + advanceOf(text, look, room.scale, placing), 0);
  const { 'text-anchor': anchor, x, y } = element.attributes;
  const at = room.x + length(x, room.width) * room.scale;
  // A browser's box begins where the first letter does, not where the text is moved from.
  const moved = (runs[0]?.dx ?? 0) * room.scale;
  const left = at - (anchor === 'end' ? width : anchor === 'middle' ? width / 2 : 0);
  const base = room.y + length(y, room.height) * room.scale;
  const tallest = Math.max(...runs.map(({ look }) => look.size_px));
  const { above, below } = heightOf({ ...look, size_px: tallest });
  return {
    text: runs.map(({ text }) => text).join(''),
    left: left + moved,
    right: left + width,
    top: base - above * room.scale,
    bottom: base + below * room.scale,
  };
}

/** What has no words in it. */
const SHAPES = new Set(['rect', 'path', 'line', 'circle', 'defs', 'title']);

/** The boxes of all words that a picture shows. */
export function boxesOf(picture: Element, pane: Pane): Box[] {
  const boxes: Box[] = [];
  const visit = (element: Element, room: Room, within: Look) => {
    if (SHAPES.has(element.name)) return;
    const look = lookOf(element, within, pane.figure);
    if (!look.isShown) return;
    if (element.name === 'text') {
      const box = boxOf(element, look, room, pane);
      if (box) boxes.push(box);
      return;
    }
    const here = element.name === 'svg' ? inner(element, room) : moved(element, room);
    for (const child of element.children) if (typeof child !== 'string') visit(child, here, look);
  };
  const room = roomOf(picture, pane);
  const look = lookOf(picture, undefined, pane.figure);
  for (const child of picture.children) if (typeof child !== 'string') visit(child, room, look);
  return boxes;
}

/** The room of the whole picture: its own size; no wider than its pane, and the ladder as wide. */
function roomOf({ attributes, classes }: Element, { width: pane_px, box }: Pane): Room {
  const { viewBox, width = '100%', height = '0' } = attributes;
  if (!viewBox) return { x: 0, y: 0, width: pane_px, height: Number.parseFloat(height), scale: 1 };
  const [, , wide = 1, high = 1] = viewBox.split(' ').map(Number);
  const own = classes.has('ladder') ? pane_px : Math.min(pane_px, length(width, pane_px));
  const scale = box ? Math.min(box.width / wide, box.height / high) : own / wide;
  const x = box ? (box.width - wide * scale) / 2 : 0;
  const y = box ? (box.height - high * scale) / 2 : 0;
  return { x, y, width: wide, height: high, scale };
}
