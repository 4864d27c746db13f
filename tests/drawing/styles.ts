/**
 * What the style sheets say of a picture's words: their font, and whether they are shown. The sheets are read as they
 * are, so that a size changed there counts here. What this reader does not know it refuses.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Element } from './markup.ts';

/** The properties that decide how much room words take. */
const PROPERTIES = ['font', 'font-size', 'font-weight', 'letter-spacing', 'display', 'visibility'] as const;
type Property = (typeof PROPERTIES)[number];
type Declarations = Partial<Record<Property, string>>;

interface Rule {
  readonly selector: string;
  readonly matches: (element: Element) => boolean;
  readonly specificity: number;
  /** The figure's width, in px, up to which it holds. */
  readonly narrowest: number;
  readonly declarations: Declarations;
}

/** How words look. */
export interface Look {
  readonly family: 'sans' | 'mono';
  readonly size_px: number;
  readonly weight: number;
  /** What is added after each letter, in px. */
  readonly spacing_px: number;
  readonly isShown: boolean;
}

/** The sheets that style pictures, in the order in which a page has them. */
const SHEETS = ['svg.css', 'figure.css', 'figure-sizes.css'];

/** A selector's parts: compounds and what joins them. */
const partsOf = (selector: string): string[] => selector.match(/>|(?:[^\s>()]|\([^)]*\))+/g) ?? [];

/** What a compound asks for, one by one: `text`, `.time`, `[data-now]`, `:is(…)`. */
const simplesOf = (compound: string): string[] =>
  compound.match(/::?[\w-]+(?:\([^)]*\))?|\.[\w-]+|\[[^\]]*\]|[\w-]+|\*/g) ?? [];

const listIn = (pseudo: string): string[] =>
  pseudo
    .slice(pseudo.indexOf('(') + 1, -1)
    .split(',')
    .map((each) => each.trim());

const isKnown = (selector: string): boolean =>
  !/[+~#]|::/.test(selector) &&
  (selector.match(/:[\w-]+/g) ?? []).every((pseudo) => [':is', ':not', ':root'].includes(pseudo));

/** Classes and attributes count a hundred, names one. */
function specificityOf(selector: string): number {
  let sum = 0;
  for (const simple of partsOf(selector).flatMap(simplesOf)) {
    if (/^:(is|not)\(/.test(simple)) sum += Math.max(...listIn(simple).map(specificityOf));
    else if (/^[.[:]/.test(simple)) sum += 100;
    else if (/^[\w-]/.test(simple)) sum += 1;
  }
  return sum;
}

type Test = (element: Element) => boolean;

function simple(text: string): Test {
  if (/^:(is|not)\(/.test(text)) {
    const all = listIn(text).map(matcherOf);
    const isAny: Test = (element) => all.some((matches) => matches(element));
    return text.startsWith(':is') ? isAny : (element) => !isAny(element);
  }
  if (text === ':root') return ({ parent }) => parent === null;
  if (text.startsWith('.')) return ({ classes }) => classes.has(text.slice(1));
  if (text.startsWith('[')) {
    const [, name = '', value] = /^\[([\w-]+)(?:='([^']*)')?\]$/.exec(text) ?? [];
    return ({ attributes }) =>
      value === undefined ? attributes[name] !== undefined : attributes[name] === value;
  }
  return text === '*' ? () => true : ({ name }) => name === text;
}

/** Whether a selector means an element. */
function matcherOf(selector: string): Test {
  const parts = partsOf(selector).map((part) => (part === '>' ? '>' : simplesOf(part).map(simple)));
  const fits = (at: Element | null, last: number): boolean => {
    const compound = parts[last];
    if (!at || !compound || compound === '>' || !compound.every((test) => test(at))) return false;
    if (last === 0) return true;
    if (parts[last - 1] === '>') return fits(at.parent, last - 2);
    for (let above = at.parent; above; above = above.parent) if (fits(above, last - 1)) return true;
    return false;
  };
  return (element) => fits(element, parts.length - 1);
}

/** Selectors between commas, but for those within brackets. */
const selectorsIn = (list: string): string[] =>
  list.match(/(?:[^,()]|\([^)]*\))+/g)?.map((s) => s.trim()) ?? [];

function declarationsIn(body: string): Declarations {
  const found: Declarations = {};
  for (const line of body.split(';')) {
    const [name = '', ...value] = line.split(':');
    const property = PROPERTIES.find((each) => each === name.trim());
    if (property) found[property] = value.join(':').trim();
  }
  return found;
}

function rulesIn(css: string, narrowest: number): Rule[] {
  const rules: Rule[] = [];
  for (const [, head = '', body = ''] of css.matchAll(/([^{}]+)\{((?:[^{}]|\{[^{}]*\})*)\}/g)) {
    const width = /^\s*@container \(max-width: (\d+)px\)/.exec(head)?.[1];
    if (width) rules.push(...rulesIn(body, Number(width)));
    else if (!head.trim().startsWith('@')) {
      const declarations = declarationsIn(body);
      if (Object.keys(declarations).length === 0) continue;
      for (const selector of selectorsIn(head).filter(isRead))
        rules.push({
          selector,
          matches: matcherOf(selector),
          specificity: specificityOf(selector),
          narrowest,
          declarations,
        });
    }
  }
  return rules;
}

/** Whether this reader can tell what a selector means. The rest of a figure has more kinds than a picture. */
const isRead = (selector: string): boolean => {
  if (isKnown(selector)) return true;
  if (/\.view\b|\btext\b|-only\b/.test(selector))
    throw new Error(`styles.ts does not read "${selector}"; teach it`);
  return false;
};

const rules: readonly Rule[] = SHEETS.flatMap((sheet) =>
  rulesIn(
    readFileSync(join(import.meta.dirname, '../../src/styles', sheet), 'utf8').replace(
      /\/\*[\s\S]*?\*\//g,
      '',
    ),
    Number.POSITIVE_INFINITY,
  ),
)
  .map((rule, i) => ({ ...rule, i }))
  .sort((a, b) => a.specificity - b.specificity || a.i - b.i);

/** A class or a name that an element must have for a selector to mean it, or nothing. */
const keyOf = (selector: string): string =>
  simplesOf(partsOf(selector).at(-1) ?? '').find((each) => /^[.\w]/.test(each)) ?? '';

/** The rules that may mean elements of this name with these classes. */
const known = new Map<string, readonly Rule[]>();
function rulesFor({ name, classes }: Element): readonly Rule[] {
  const all = [name, ...classes].join('.');
  let found = known.get(all);
  if (!found) {
    const has = new Set(['', name, ...[...classes].map((each) => `.${each}`)]);
    found = rules.filter(({ selector }) => has.has(keyOf(selector)));
    known.set(all, found);
  }
  return found;
}

/** What holds for an element, in a figure so wide. */
function declared(element: Element, figure_px: number): Declarations {
  const all: Declarations = {};
  for (const { matches, narrowest, declarations } of rulesFor(element)) {
    if (figure_px > narrowest || !matches(element)) continue;
    // The shorthand sets what it does not name, too.
    if (declarations.font) {
      delete all['font-size'];
      delete all['font-weight'];
    }
    Object.assign(all, declarations);
  }
  return all;
}

/** A length in px. @throws Error when it is in a unit that pictures do not use */
function lengthOf(value: string, size_px: number): number {
  const [, number = '', unit] = /^(-?[\d.]+)(px|em)$/.exec(value) ?? [];
  if (!unit) throw new Error(`styles.ts does not read the length "${value}"; teach it`);
  return Number(number) * (unit === 'em' ? size_px : 1);
}

/** `550 12.5px var(--sans)` */
function fontOf(value: string): Pick<Look, 'family' | 'size_px' | 'weight'> {
  const [, weight = '400', size, family] = /^(?:(\d+) )?([\d.]+)px var\(--(sans|mono)\)$/.exec(value) ?? [];
  if (!size || (family !== 'sans' && family !== 'mono'))
    throw new Error(`styles.ts does not read the font "${value}"; teach it`);
  return { family, size_px: Number(size), weight: Number(weight) };
}

const PLAIN: Look = { family: 'sans', size_px: 12.5, weight: 400, spacing_px: 0, isShown: true };

/** How the words of an element look that stands in another. @param figure_px the width of the whole figure */
export function lookOf(element: Element, within: Look = PLAIN, figure_px: number): Look {
  const all = declared(element, figure_px);
  const font = all.font ? fontOf(all.font) : within;
  const size_px = all['font-size'] ? lengthOf(all['font-size'], within.size_px) : font.size_px;
  return {
    family: font.family,
    size_px,
    weight: Number(all['font-weight'] ?? font.weight),
    spacing_px: all['letter-spacing'] ? lengthOf(all['letter-spacing'], size_px) : within.spacing_px,
    isShown: within.isShown && all.display !== 'none' && all.visibility !== 'hidden',
  };
}
