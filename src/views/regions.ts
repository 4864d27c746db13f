/**
 * The parallel regions of a statechart for both ends at once, drawn from the machine's own definition: one line for
 * each state, the client's mark to the left of it and the server's to the right.
 */
import type { AnyStateMachine } from 'xstate';

import { escapeText } from './svg.ts';

/** A region as the table shows it. */
export interface RegionPlace {
  /** The machine's region. */
  readonly region: string;
  /** A region of many states shows only where each end is. */
  readonly isFolded?: boolean;
}

const SIDES = ['client', 'server'] as const;

/** The state of an end's region, or undefined where the end has no such thing. @param side `client` or `server` */
export type StateOf = (side: string, region: string) => string | undefined;

/** What is lit: for each cell whether its end is in that state. Cells are named `client.sending.open`. */
export function isLit(cell: string, stateOf: StateOf): boolean {
  const [side = '', region = '', state = ''] = cell.split('.');
  return stateOf(side, region) === state;
}

/** The body of a table. @param stateOf where the ends stand at the moment that is drawn */
export function regions(machine: AnyStateMachine, places: readonly RegionPlace[], stateOf: StateOf): string {
  return places
    .map(({ region, isFolded }) => {
      const node = machine.root.states[region];
      if (!node) throw new Error(`the machine has no region "${region}"`);
      const states = Object.keys(node.states);
      const cell = (side: (typeof SIDES)[number], state: string): string => {
        const name = `${side}.${region}.${state}`;
        return `<td><i data-cell="${escapeText(name)}"${isLit(name, stateOf) ? ' data-now' : ''}>${side}</i></td>`;
      };
      const row = (state: string): string =>
        `<tr>${cell('client', state)}<th scope="row">${escapeText(state)}</th>${cell('server', state)}</tr>`;
      if (!isFolded)
        return `<tbody data-region="${region}"><tr><th colspan="3" scope="rowgroup">${region}</th></tr>${states.map(row).join('')}</tbody>`;
      const [client, server] = SIDES.map(
        (side) =>
          `<td><i data-field="${side}.${region}" data-now>${escapeText(stateOf(side, region) ?? '–')}</i></td>`,
      );
      return `<tbody data-region="${region}" class="folded"><tr>${client}<th scope="rowgroup">${region}</th>${server}</tr></tbody>`;
    })
    .join('');
}
