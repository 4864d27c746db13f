/**
 * What a page has of XState: the definitions, which simulations/engine/chart.ts walks. The build of the browser's files
 * puts it in XState's place, whose actor no page needs.
 */
import type { Definition } from '#simulations/engine/definition.ts';

/** XState's `setup()`: names the actions, guards and delays of a machine. */
export const setup = ({
  actions = {},
  guards = {},
  delays = {},
}: Partial<Definition['implementations']> = {}) => ({
  createMachine: (config: Definition['config']): Definition => ({
    config,
    implementations: { actions, guards, delays },
  }),
});

/** XState's `raise()`: an action that sends an event of the chart's own. */
export const raise = (event: { readonly type: string }) =>
  Object.assign(() => {}, { type: 'xstate.raise', event });
