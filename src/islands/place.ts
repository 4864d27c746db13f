/**
 * What a link's query asks for. A broken or old one says what is wrong with it, and the rest of it is kept. Loaded
 * where there is a query to read.
 */
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import type { Simulation } from '#simulations/simulation.ts';
import { type Place, VERSION } from './address.ts';

/** Names in a query that are the page's, not the simulation's. */
const OWN = new Set(['v', 'preset', 'event', 'run', 'a']);

/** What a query asks for. @param initial id of the preset that an empty query stands for */
export function placeOf(search: string, simulation: Simulation, initial: string): Place {
  const query = new URLSearchParams(search);
  const problems: string[] = [];
  const own: [string, string][] = [];
  const pinned: [string, string][] = [];
  for (const [name, value] of query) {
    if (OWN.has(name) || name.startsWith('utm_')) continue;
    if (name.startsWith('a.')) pinned.push([name.slice(2), value]);
    else own.push([name, value]);
  }
  const given = Object.fromEntries(own);
  const compared = Object.fromEntries(pinned);
  const version = query.get('v');
  if (version !== null && version !== VERSION)
    problems.push(
      `This link was made by another version of this page (${version}; this is ${VERSION}). What still fits was kept.`,
    );

  const presetId = query.get('preset') ?? (query.has('v') || Object.keys(given).length > 0 ? null : initial);
  const preset = simulation.presets.find(({ id }) => id === presetId);
  if (presetId !== null && !preset)
    problems.push(
      `There is no preset “${presetId}”. The presets are ${simulation.presets.map(({ id }) => id).join(', ')}.`,
    );

  const settle = (from: Given, whose: string): Given => {
    const settled = settleParameters(simulation.parameters, from);
    for (const { message } of settled.problems) problems.push(`${whose}${message}. The default was taken.`);
    return settled.given;
  };
  const event = query.get('event');
  if (event !== null && !/^\d+$/.test(event))
    problems.push(`The link names the moment “${event}”, which is no event’s number.`);
  return {
    given: settle({ ...(preset ?? (presetId ? simulation.presets[0] : undefined))?.given, ...given }, ''),
    event: event !== null && /^\d+$/.test(event) ? Number(event) : null,
    run: query.get('run'),
    compared: query.has('a') || Object.keys(compared).length > 0 ? settle(compared, 'Run A: ') : null,
    problems,
  };
}
