/** The whole figures, by the name of their simulation, found by their folders; as the site is built from them. */
import type { Figure } from './figure.ts';

const modules = import.meta.glob<Figure>('./*/index.ts', { import: 'figure' });

/** Loads a figure, or is undefined where a simulation has none. */
export const figureOf = (simulation: string): (() => Promise<Figure>) | undefined =>
  modules[`./${simulation}/index.ts`];
