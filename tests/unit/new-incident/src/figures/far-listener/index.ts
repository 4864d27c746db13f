/** The figure of the far-listener chapter. */
import { wholeFigure } from '#site/figures/whole.ts';
import { tools } from '../../../simulations/incidents/far-listener/tools.ts';
import { live } from './live.ts';

export const figure = wholeFigure(live, { states: { title: 'Client socket', note: '' }, tools });
