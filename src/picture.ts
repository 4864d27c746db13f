/**
 * `npm run picture`: writes the README's picture, the ladder of the post's incident as the page's own export
 * would save it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { settleParameters } from '#simulations/engine/parameters.ts';
import { commandLine } from './command.ts';
import { live } from './figures/connect-timeout/live.ts';
import { standaloneWith } from './views/picture.ts';

const PICTURE = 'content/incidents/connect-timeout/ladder.svg';

commandLine('npm run picture --', `Draws the README's picture anew: ${PICTURE}.`).parse();

const { simulation, initial, picture } = live;
if (picture.shows !== 'run') throw new Error('a ladder is a picture of the whole run');
const preset = simulation.presets.find(({ id }) => id === initial);
const trace = simulation.run(settleParameters(simulation.parameters, preset?.given ?? {}).values);
const [tokens, styles] = ['tokens', 'svg'].map((name) => readFileSync(`src/styles/${name}.css`, 'utf8'));
writeFileSync(PICTURE, `${standaloneWith(picture.draw(trace), 'light', tokens ?? '', styles ?? '')}\n`);
console.log(`wrote ${PICTURE}`);
