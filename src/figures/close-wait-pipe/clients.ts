/** How the clients fare, one line for each fate. */

import { count } from '#simulations/engine/wording.ts';
import type { ClientsState } from '#simulations/incidents/close-wait-pipe/clients.ts';
import { link } from '../../views/chain.ts';
import { escapeText } from '../../views/svg.ts';
import type { Chain } from './moment.ts';

/** Three lines above the arrow to the accept queue, three below it. */
const LINES = [8, 28, 48, 84, 104, 124];

/** A shape and a colour for each fate, centred on 0, 0. */
const MARKS = {
  ok: '<path class="end-done" d="M-4.5 0l3.2 3.5l6 -7"/>',
  waits: '<circle class="client-waits" r="4"/>',
  gone: '<path class="loss" d="M-3.5 -3.5l7 7m0 -7l-7 7"/>',
  syn: '<circle class="client-syn" r="4"/>',
};

const FATES: readonly (readonly [fate: keyof ClientsState, words: string, mark: keyof typeof MARKS])[] = [
  ['served', 'served', 'ok'],
  ['waiting', 'waiting', 'waits'],
  ['gave_up', 'gave up', 'gone'],
  ['syn_sent', 'SYN-SENT', 'syn'],
  ['timed_out', 'timed out', 'gone'],
  ['refused', 'refused', 'gone'],
];

/** @param passes whether a SYN that comes now is taken */
export function drawClients({ clients }: Chain, passes: boolean): string {
  const lines = FATES.map(([fate, words, mark], i) => {
    const number = clients[fate];
    return `<g class="fate${number ? '' : ' none'}" transform="translate(6 ${LINES[i]})">${MARKS[mark]}<text x="11" y="4.5"><tspan class="number">${count(number)}</tspan> ${escapeText(words)}</text></g>`;
  });
  return link('clients', 'open', lines.join(''), [], passes);
}
