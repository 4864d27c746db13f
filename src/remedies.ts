/** Remedies in code: the files beside a chapter, each one a program that a test compiles and runs. */

/** A language that chapters show code in. */
interface Language {
  readonly language: string;
  /** What its files end in. */
  readonly tag: string;
  /** What the highlighter calls it. */
  readonly highlighted: string;
}

/** In the order of their tabs. */
export const LANGUAGES: readonly Language[] = [
  { language: 'Go', tag: 'go', highlighted: 'go' },
  { language: 'Java', tag: 'java', highlighted: 'java' },
  { language: 'Python', tag: 'py', highlighted: 'python' },
  { language: 'Node', tag: 'mjs', highlighted: 'javascript' },
  { language: 'Rust', tag: 'rs', highlighted: 'rust' },
  { language: 'C', tag: 'c', highlighted: 'c' },
];

const files = import.meta.glob<string>('../content/incidents/*/remedies/*', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** @throws Error where a language has no such file: a reader of it would find nothing */
export function languagesOf(incident: string, name: string): (Language & { readonly text: string })[] {
  return LANGUAGES.map((language) => {
    // Java names a file as its class.
    const base = language.tag === 'java' ? name.charAt(0).toUpperCase() + name.slice(1) : name;
    const path = `../content/incidents/${incident}/remedies/${base}.${language.tag}`;
    const text = files[path];
    if (text === undefined) throw new Error(`there is no ${path.slice(3)}`);
    return { ...language, text: text.trimEnd() };
  });
}
