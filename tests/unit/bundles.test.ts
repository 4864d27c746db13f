import { describe, expect, test } from 'vitest';
import { type Bundle, bundlesOf, bundling } from '#site/bundles.ts';

const PAGE = '/site/src/layouts/Page.astro?astro&type=script&index=0&lang.ts';
const FIGURE = '/site/src/components/SimulationFigure.astro?astro&type=script&index=0&lang.ts';
const EXPLORER = '/site/src/components/TcpStates.astro?astro&type=script&index=0&lang.ts';
const FIGURE_ISLAND = '/site/src/islands/simulation-figure.ts';
const EXPLORER_ISLAND = '/site/src/islands/tcp-states.ts';
const SAVE = '/site/simulations/tools/pcap.ts';
const TOOLS = '/site/simulations/incidents/slow/tools.ts';
const LOADER = '/site/src/figures/live.ts';
const live = (figure: string) => `/site/src/figures/${figure}/live.ts`;
const [refused, slow, stuck, full] = ['refused', 'slow', 'stuck', 'full'].map(live) as [
  string,
  string,
  string,
  string,
];

/** Four figures, two of them with a pipe, and an explorer; with who imports a module besides. */
function bundleOf(module: string, ...importers: string[]): Bundle | undefined {
  const figures = [refused, slow, stuck, full];
  const modules = new Map<string, { importers: string[]; dynamicImporters: string[] }>();
  const add = (id: string, importers: string[], dynamicImporters: string[] = []) =>
    modules.set(id, { importers, dynamicImporters });
  for (const script of [PAGE, FIGURE, EXPLORER]) add(script, []);
  add(FIGURE_ISLAND, [], [FIGURE]);
  add(EXPLORER_ISLAND, [], [EXPLORER]);
  add(LOADER, [FIGURE_ISLAND]);
  add(SAVE, [], ['/site/src/islands/save.ts']);
  for (const figure of figures) add(figure, [], [LOADER]);
  add(TOOLS, [], [LOADER]);
  add('/site/simulations/engine/trace.ts', [...figures, FIGURE_ISLAND, EXPLORER_ISLAND]);
  add('/site/src/views/pipe-slots.ts', [stuck, full]);
  add(module, importers);
  return bundlesOf(modules).get(module);
}

describe('a module is bundled', () => {
  test.each([
    ['with the page, when the layout needs it', '/site/src/islands/keys.ts', [PAGE, FIGURE], 'page'],
    [
      'with the page, when two components need it at once',
      '/site/src/islands/on-use.ts',
      [FIGURE, EXPLORER],
      'page',
    ],
    ['with the page, when only the layout does', '/site/src/islands/shell.ts', [PAGE], 'page'],
    ['with every figure, when most need it', '/site/a.ts', [refused, slow, stuck, EXPLORER_ISLAND], 'figure'],
    [
      'with every figure, when their common script and one need it',
      '/site/a.ts',
      [FIGURE_ISLAND, full],
      'figure',
    ],
    [
      'with TCP, when several need it and none with a pipe',
      '/site/a.ts',
      [refused, slow, EXPLORER_ISLAND],
      'tcp',
    ],
    ['with the pipe, when several need it and each has a pipe', '/site/a.ts', [stuck, full], 'pipe'],
    ['with nothing, when one figure needs it', '/site/a.ts', [slow], undefined],
    [
      'with nothing, when one that has a pipe and one that has not need it',
      '/site/a.ts',
      [slow, full],
      undefined,
    ],
    [
      'with TCP, when it is a tool that is also behind a button',
      '/site/simulations/tools/capture.ts',
      [slow, SAVE],
      'tcp',
    ],
    [
      'with TCP, when it is a tool that only tools and a button need',
      '/site/simulations/tools/capture.ts',
      [TOOLS, SAVE],
      'tcp',
    ],
    ['with TCP, when only tools and a button need it', '/site/a.ts', [TOOLS, SAVE], 'tcp'],
    ['with nothing, when one figure and its tools need it', '/site/a.ts', [slow, TOOLS], undefined],
    ['with nothing, when it is another tool', '/site/simulations/tools/ss.ts', [refused, slow], undefined],
  ])('%s', (_when, module, importers, bundle) => {
    expect(bundleOf(module, ...importers)).toBe(bundle);
  });

  test('by who needs it through other modules, which may import each other', () => {
    const circle = { importers: ['/site/b.ts', slow], dynamicImporters: [] };
    const modules = new Map([
      [slow, { importers: [], dynamicImporters: [] }],
      [refused, { importers: [], dynamicImporters: [] }],
      ['/site/a.ts', circle],
      ['/site/b.ts', { importers: ['/site/a.ts', refused], dynamicImporters: [] }],
      ['/site/c.ts', { importers: ['/site/b.ts'], dynamicImporters: [] }],
    ]);
    expect(bundlesOf(modules).get('/site/c.ts')).toBe(bundlesOf(modules).get('/site/a.ts'));
    expect(bundlesOf(modules).has('/site/c.ts')).toBe(true);
  });
});

test('a build without one of the bundles fails and says which', () => {
  const [, plugin] = bundling().plugins as unknown as [object, { buildEnd(this: object): void }];
  const build = {
    getModuleIds: () => [PAGE],
    getModuleInfo: () => ({ importers: [], dynamicImporters: [] }),
    error: (message: string) => {
      throw new Error(message);
    },
  };
  expect(() => plugin.buildEnd.call(build)).toThrow(
    'No module is in the bundle figure, tcp, pipe: src/bundles.ts knows other folders.',
  );
});
