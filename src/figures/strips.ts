/** The strips of the home page, found by their folders. An incident without one has a card without a picture. */
const modules = import.meta.glob<() => string>('./*/strip.ts', { import: 'strip', eager: true });

/** Draws the run that a chapter opens with as a strip; undefined where its figure has none. */
export const stripOf = (simulation: string): (() => string) | undefined =>
  modules[`./${simulation}/strip.ts`];
