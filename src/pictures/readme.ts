/** The README's picture: the ladder of the post's incident, as the page's own export would save it. */
import { readFileSync } from 'node:fs';
import { settleParameters } from '#simulations/engine/parameters.ts';
import { live } from '../figures/connect-timeout/live.ts';
import { standaloneWith } from '../views/picture.ts';

/** Where it lies. */
export const PICTURE = 'content/incidents/connect-timeout/ladder.svg';

/** The file's text, from the simulation and the style sheets as they are now. */
export function readmePicture(): string {
  const { simulation, initial, picture } = live;
  if (picture.shows !== 'run') throw new Error('a ladder is a picture of the whole run');
  const preset = simulation.presets.find(({ id }) => id === initial);
  const trace = simulation.run(settleParameters(simulation.parameters, preset?.given ?? {}).values);
  const [tokens, styles] = ['tokens', 'svg'].map((name) => readFileSync(`src/styles/${name}.css`, 'utf8'));
  return `${standaloneWith(picture.draw(trace), 'light', tokens ?? '', styles ?? '')}\n`;
}
