/**
 * Every simulation, found by the folders of `incidents/` and `reference/`: one that has an index.ts is registered. For
 * Node and for the build of the site; a page loads its own simulation alone.
 */
import type { Incident } from './incident.ts';
import type { Simulation } from './simulation.ts';

/** Where an incident lies, below `simulations/` and `content/` alike. */
export interface Registered extends Incident {
  readonly kind: 'incidents' | 'reference';
  readonly slug: string;
}

type Load = () => Promise<{ incident: Incident }>;

/** The modules by path, `./incidents/<slug>/index.ts`. The bundler that builds the site finds them by itself. */
const modules: Readonly<Record<string, Load>> = import.meta.env
  ? import.meta.glob<{ incident: Incident }>('./{incidents,reference}/*/index.ts')
  : await inFolders();

async function inFolders(): Promise<Record<string, Load>> {
  const { globSync } = await import('node:fs');
  return Object.fromEntries(
    globSync('{incidents,reference}/*/index.ts', { cwd: import.meta.dirname }).map((path) => {
      const url = `./${path.replaceAll('\\', '/')}`;
      return [url, () => import(/* @vite-ignore */ url)];
    }),
  );
}

/** By name, in the order of the alphabet. */
export const registered: Readonly<Record<string, Registered>> = Object.fromEntries(
  await Promise.all(
    Object.entries(modules)
      .map(([path, load]) => ({ folders: path.split('/'), load }))
      .sort((a, b) => ((a.folders[2] ?? '') < (b.folders[2] ?? '') ? -1 : 1))
      .map(async ({ folders: [, kind, slug = ''], load }) => {
        const { incident } = await load();
        if (incident.simulation.name !== slug)
          throw new Error(`the simulation in ${kind}/${slug} calls itself "${incident.simulation.name}"`);
        return [slug, { ...incident, kind, slug }];
      }),
  ),
);

/** Every simulation, by name. */
export const catalogue: Readonly<Record<string, Simulation>> = Object.fromEntries(
  Object.entries(registered).map(([name, { simulation }]) => [name, simulation]),
);

/** Those that are held to a recording, by name. */
export const held: Readonly<Record<string, Registered & Required<Incident>>> = Object.fromEntries(
  Object.entries(registered).filter(([, { comparison }]) => comparison !== null),
);

/** The recording of one of them: a file below `content`. */
export const recordingOf = ({ kind, slug }: Registered): string => `${kind}/${slug}/recording.json`;
