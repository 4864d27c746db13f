/**
 * `npm run picture`: writes the README's picture, the ladder of the post's incident as the page's own export
 * would save it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { settleParameters } from '#simulations/engine/parameters.ts';
import { figures } from './figures/catalogue.ts';
import { standaloneWith } from './views/picture.ts';

const PICTURE = 'content/incidents/connect-timeout/ladder.svg';

const figure = await figures['connect-timeout']?.();
if (!figure) throw new Error('there is no figure for connect-timeout');
const { simulation, initial, picture } = figure;
if (picture.shows !== 'run') throw new Error('a ladder is a picture of the whole run');
const preset = simulation.presets.find(({ id }) => id === initial);
const trace = simulation.run(settleParameters(simulation.parameters, preset?.given ?? {}).values);
const [tokens, styles] = ['tokens', 'svg'].map((name) => readFileSync(`src/styles/${name}.css`, 'utf8'));
writeFileSync(PICTURE, `${standaloneWith(picture.draw(trace), 'light', tokens ?? '', styles ?? '')}\n`);
console.log(`wrote ${PICTURE}`);
