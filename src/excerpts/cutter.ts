/** Cuts a definition out of C, found by the language's grammar and not by its indentation. */
import { createRequire } from 'node:module';
import { Language, type Node, Parser } from 'web-tree-sitter';

/** A definition as it stands in a file: whole lines, counted from 1. */
export interface Cut {
  first_line: number;
  last_line: number;
  /** The lines joined with `\n`, without a final newline. */
  text: string;
}

/** A parsed C file that definitions can be cut from. */
export interface CutFile {
  /** Cuts out a function, table, type or macro by name. Throws an error that names the symbol. */
  cut(symbol: string): Cut;
}

/** Parses one C file. */
export async function openFile(source: string): Promise<CutFile> {
  loading ??= loadParser();
  const tree = (await loading).parse(source);
  if (!tree) throw new Error('tree-sitter gave no tree');
  const lines = source.split('\n');
  return {
    cut(symbol) {
      const [definition, ...others] = definitionsOf(symbol, source, tree.rootNode);
      if (!definition) throw new Error(`${symbol} is not defined there`);
      if (others.length > 0) throw new Error(`${symbol} is defined ${others.length + 1} times`);
      const cut = wholeLines(definition, lines);
      if (!isMacro(definition)) checkBraces(symbol, cut.text);
      return cut;
    },
  };
}

let loading: Promise<Parser> | undefined;

async function loadParser(): Promise<Parser> {
  await Parser.init();
  const grammar = createRequire(import.meta.url).resolve('tree-sitter-c/tree-sitter-c.wasm');
  return new Parser().setLanguage(await Language.load(grammar));
}

/** Looks at each mention of the symbol, which is far quicker than walking the whole tree. */
function definitionsOf(symbol: string, source: string, root: Node): Node[] {
  const definitions: Node[] = [];
  for (const { index } of source.matchAll(new RegExp(`\\b${symbol}\\b`, 'g'))) {
    const name = root.descendantForIndex(index, index + symbol.length);
    const definition = name && definitionNamedBy(name);
    if (definition && definition.startPosition.column === 0) definitions.push(definition);
  }
  return definitions;
}

const DECLARATORS = new Set([
  'function_declarator',
  'pointer_declarator',
  'array_declarator',
  'parenthesized_declarator',
]);
const TYPES = new Set(['struct_specifier', 'union_specifier', 'enum_specifier']);
const MACROS = new Set(['preproc_def', 'preproc_function_def']);

/** The definition that a name belongs to; null when the name is a use, a parameter or a prototype. */
function definitionNamedBy(name: Node): Node | null {
  const owner = name.parent;
  if (!owner) return null;
  if (MACROS.has(owner.type)) return isField(owner, 'name', name) ? owner : null;
  if (TYPES.has(owner.type))
    return isField(owner, 'name', name) && owner.childForFieldName('body') ? owner : null;
  if (name.type !== 'identifier') return null;

  let declarator = name;
  while (declarator.parent && DECLARATORS.has(declarator.parent.type)) {
    if (
      !isField(declarator.parent, 'declarator', declarator) &&
      declarator.parent.type !== 'parenthesized_declarator'
    )
      return null;
    declarator = declarator.parent;
  }
  const parent = declarator.parent;
  if (!parent || !isField(parent, 'declarator', declarator)) return null;
  if (parent.type === 'function_definition') return parent;
  return parent.type === 'init_declarator' && parent.parent?.type === 'declaration' ? parent.parent : null;
}

function isField(owner: Node, field: string, child: Node): boolean {
  return owner.childForFieldName(field)?.id === child.id;
}

function isMacro(definition: Node): boolean {
  return MACROS.has(definition.type);
}

function wholeLines(definition: Node, lines: string[]): Cut {
  const first = definition.startPosition.row;
  // A macro's node ends at the start of the line after it.
  const last =
    definition.endPosition.column === 0 ? definition.endPosition.row - 1 : definition.endPosition.row;
  return { first_line: first + 1, last_line: last + 1, text: lines.slice(first, last + 1).join('\n') };
}

/** tree-sitter trips over some kernel macros; a cut that ends too early or too late must not pass. */
function checkBraces(symbol: string, text: string): void {
  const last_line = text.slice(text.lastIndexOf('\n') + 1);
  if (!last_line.startsWith('}')) throw new Error(`the cut of ${symbol} does not end on a } in column 0`);
  const depth = braceDepth(text);
  if (depth !== 0)
    throw new Error(`the braces of ${symbol} do not balance (${depth > 0 ? '+' : ''}${depth})`);
}

const COMMENT_LITERAL_OR_BRACE = /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{}]/g;

function braceDepth(text: string): number {
  let depth = 0;
  for (const [token] of text.matchAll(COMMENT_LITERAL_OR_BRACE)) {
    if (token === '{') depth += 1;
    if (token === '}') depth -= 1;
  }
  return depth;
}
