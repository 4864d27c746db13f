/** The markup that the views write, as a tree. It is ours and well formed: every tag is closed, `<` and `>` are escaped. */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly classes: Set<string>;
  readonly parent: Element | null;
  readonly children: (Element | string)[];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

const unescaped = (text: string): string =>
  text.replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/([\w:-]+)(?:="([^"]*)")?/g))
    attributes[name] = unescaped(value);
  return attributes;
}

/** An element; its parent does not know of it yet. */
export function elementOf(
  name: string,
  attributes: Readonly<Record<string, string>>,
  parent: Element | null,
): Element {
  const classes = new Set((attributes.class ?? '').split(/\s+/).filter(Boolean));
  return { name, attributes, classes, parent, children: [] };
}

/** Reads markup below an element. @throws Error when a tag is not closed */
export function parse(markup: string, parent: Element): void {
  let open = parent;
  for (const [, slash, name, rest = '', text] of markup.matchAll(/<(\/?)([\w-]+)([^>]*)>|([^<]+)/g)) {
    if (text !== undefined) open.children.push(unescaped(text));
    else if (slash) {
      if (open.name !== name || !open.parent) throw new Error(`</${name}> closes <${open.name}>`);
      open = open.parent;
    } else if (name) {
      const element = elementOf(name, attributesOf(rest.replace(/\/$/, '')), open);
      open.children.push(element);
      if (!rest.endsWith('/')) open = element;
    }
  }
  if (open !== parent) throw new Error(`<${open.name}> is not closed`);
}

/** An element and all below it, from the top. */
export function* elementsIn(element: Element): Generator<Element> {
  yield element;
  for (const child of element.children) if (typeof child !== 'string') yield* elementsIn(child);
}

/** An element's words, with those of what is in it. */
export const textOf = (element: Element): string =>
  element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
