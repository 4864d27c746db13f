/**
 * The parallel regions of a statechart for both ends at once, drawn from the machine's own definition: one line for
 * each state, the client's mark to the left of it and the server's to the right.
 */
import type { AnyStateMachine } from 'xstate';
import type { WorldState } from '#simulations/engine/trace.ts';
import { escapeText } from './svg.ts';

/** Where a region's state is found in the trace. */
export interface RegionPlace {
  /** The machine's region. */
  readonly region: string;
  /** The field of either end's state. */
  readonly field: string;
  /** A region of many states shows only where each end is. */
  readonly isFolded?: boolean;
}

const SIDES = ['client', 'server'] as const;

/** What is lit: for each cell whether its end is in that state. Cells are named `client.sending.open`. */
export function isLit(cell: string, world: WorldState): boolean {
  const [actor = '', field = '', state = ''] = cell.split('.');
  return world[actor]?.[field] === state;
}

/** The body of a table. @param world the ends' states at the moment that is drawn */
export function regions(machine: AnyStateMachine, places: readonly RegionPlace[], world: WorldState): string {
  return places
    .map(({ region, field, isFolded }) => {
      const node = machine.root.states[region];
      if (!node) throw new Error(`the machine has no region "${region}"`);
      const states = Object.keys(node.states);
      const cell = (side: (typeof SIDES)[number], state: string): string => {
        const name = `${side}.${field}.${state}`;
        return `<td><i data-cell="${escapeText(name)}"${isLit(name, world) ? ' data-now' : ''}>${side}</i></td>`;
      };
      const row = (state: string): string =>
        `<tr>${cell('client', state)}<th scope="row">${escapeText(state)}</th>${cell('server', state)}</tr>`;
      if (!isFolded)
        return `<tbody data-region="${region}"><tr><th colspan="3" scope="rowgroup">${region}</th></tr>${states.map(row).join('')}</tbody>`;
      const [client, server] = SIDES.map(
        (side) =>
          `<td><i data-field="${side}.${field}" data-now>${escapeText(String(world[side]?.[field] ?? '–'))}</i></td>`,
      );
      return `<tbody data-region="${region}" class="folded"><tr>${client}<th scope="rowgroup">${region}</th>${server}</tr></tbody>`;
    })
    .join('');
}
