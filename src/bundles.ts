/**
 * What the browser loads as one file. Few files, for each is compressed alone; and none that a page has no use for.
 * Who needs a module is read from the imports, and who they are from the folder that their script lives in, so that a
 * file may be moved, and a figure added, without a line here.
 */
import { fileURLToPath } from 'node:url';
import type { ViteUserConfig } from 'astro';

/**
 * `page`: what every page needs. `figure`: what most figures need. `tcp`: what several figures need, and none with a
 * pipe. `pipe`: what several figures need, each with a pipe. For any other module the bundler finds a place.
 */
export type Bundle = (typeof BUNDLES)[number];

const BUNDLES = ['page', 'figure', 'tcp', 'pipe'] as const;

/** Who imports a module: from their beginning, or when they come to need it. A page's script has neither. */
export interface Imported {
  readonly importers: readonly string[];
  readonly dynamicImporters: readonly string[];
}

/** What is built for the browser, by file. */
export type Modules = ReadonlyMap<string, Imported>;

/** What a page has in XState's place. */
const DEFINITIONS = fileURLToPath(new URL('definitions.ts', import.meta.url));

/** Folders that decide. A figure's name, or a component's, is what follows. */
const LAYOUTS = 'src/layouts/';
const COMPONENT = /src\/components\/[^/.]+\.astro/;
const USERS = /src\/(?:figures\/([^/]+)\/|components\/([^/.]+)\.astro)/;
/** A script that an island loads when a button is pressed is one file: what it shares is there before. */
const BUTTONS = 'src/islands/';
/** What draws a pipe: every machine can have one, and few figures show it. */
const PIPE = 'src/views/pipe-';
const SIMULATIONS = 'simulations/';
/** The tools' panes are drawn when the site is built, and again only for another run: a page can wait for them. */
const LATER = 'simulations/tools/';
/** What a page loads for them: the tools of its incident. */
const TOOLS = /simulations\/\w+\/[^/]+\/tools\.ts$/;

/** Where each module belongs that is shared. */
export function bundlesOf(modules: Modules): Map<string, Bundle> {
  const users = usersOf(modules);
  const loaders = loadersOf(modules, users);
  const withPipe = new Set([...users].flatMap(([id, names]) => (id.includes(PIPE) ? [...names] : [])));
  const page = [...users].filter(([, names]) => names.has(LAYOUTS));
  const shared = [...users].filter(
    ([id, names]) => names.size > 1 && !names.has(LAYOUTS) && (!id.includes(LATER) || names.has(BUTTONS)),
  );
  // Those with a simulation: what other parts of a page share is another matter.
  const sharers = new Set(shared.flatMap(([id, names]) => (id.includes(SIMULATIONS) ? [...names] : [])));
  sharers.delete(LATER);
  const bundles = new Map<string, Bundle>(page.map(([id]) => [id, 'page']));
  for (const [id, names] of shared) {
    if (isAtOnce(modules, id)) {
      bundles.set(id, 'page');
      continue;
    }
    const all = [...names].filter((name) => name !== LATER);
    if (all.length > sharers.size / 2 || all.some((name) => loaders.has(name))) bundles.set(id, 'figure');
    else if (all.every((name) => withPipe.has(name))) bundles.set(id, 'pipe');
    else if (!all.some((name) => withPipe.has(name))) bundles.set(id, 'tcp');
  }
  return bundles;
}

/** Whether a component's own script needs it, before the page is used. */
const isAtOnce = (modules: Modules, id: string, seen = new Set<string>()): boolean =>
  !seen.has(id) &&
  (modules.get(id)?.importers ?? []).some(
    (importer) => COMPONENT.test(importer) || isAtOnce(modules, importer, seen.add(id)),
  );

/** By module, the figures and components whose scripts need it. */
function usersOf(modules: Modules): Map<string, Set<string>> {
  const collect = (id: string, seen: Set<string>): string[] => {
    if (seen.has(id)) return [];
    seen.add(id);
    const { importers = [], dynamicImporters = [] } = modules.get(id) ?? {};
    // A component loads its island when the page is used.
    const needed =
      importers.length > 0 ? importers : dynamicImporters.filter((importer) => COMPONENT.test(importer));
    if (needed.length > 0) return needed.flatMap((importer) => collect(importer, seen));
    return dynamicImporters.some((importer) => importer.includes(BUTTONS)) ? [BUTTONS] : userOf(id);
  };
  return new Map(
    [...modules.keys()].map((id) => {
      const names = new Set(collect(id, new Set()));
      // What a page has at once, its tools find there.
      if (!id.includes(LATER) && !names.has(BUTTONS)) names.delete(LATER);
      return [id, names];
    }),
  );
}

/** The components that load a figure when its page asks for it: what they share with one is on every figure's page. */
function loadersOf(modules: Modules, users: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const figures = [...modules].filter(([id]) =>
    userOf(id).some((name) => name !== LATER && !name.includes('.astro')),
  );
  const importers = figures.flatMap(([, { dynamicImporters }]) => dynamicImporters);
  return new Set(importers.flatMap((id) => [...(users.get(id) ?? [])]));
}

function userOf(id: string): string[] {
  if (id.includes(LAYOUTS)) return [LAYOUTS];
  if (TOOLS.test(id)) return [LATER];
  const [, figure, component] = USERS.exec(id) ?? [];
  if (figure) return [figure];
  return component ? [`${component}.astro`] : [];
}

/** Sorts the browser's modules into bundles. The build fails when one of them would be empty. */
export function bundling(): ViteUserConfig {
  let bundles = new Map<string, Bundle>();
  return {
    plugins: [
      {
        name: 'definitions',
        apply: 'build',
        enforce: 'pre',
        applyToEnvironment: ({ name }) => name === 'client',
        resolveId: (id) => (id === 'xstate' ? DEFINITIONS : null),
      },
      {
        name: 'bundles',
        apply: 'build',
        applyToEnvironment: ({ name }) => name === 'client',
        buildEnd() {
          bundles = bundlesOf(
            new Map(
              [...this.getModuleIds()].map((id) => {
                const { importers = [], dynamicImporters = [] } = this.getModuleInfo(id) ?? {};
                return [id, { importers, dynamicImporters }];
              }),
            ),
          );
          const empty = BUNDLES.filter((name) => ![...bundles.values()].includes(name));
          if (empty.length > 0)
            this.error(`No module is in the bundle ${empty.join(', ')}: src/bundles.ts knows other folders.`);
        },
      },
    ],
    environments: {
      client: {
        build: {
          rolldownOptions: {
            output: {
              codeSplitting: {
                groups: BUNDLES.map((name) => ({ name, test: (id) => bundles.get(id) === name })),
              },
            },
          },
        },
      },
    },
  };
}
