/** Figures from the simulations, for the text of a page. */
import { catalogue } from '#simulations/catalogue.ts';
import { duration } from '#simulations/engine/duration.ts';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { count } from '#simulations/engine/wording.ts';
import type { Trace } from '#simulations/trace/trace.ts';

/** A figure, and as the text has it: a field in ms as a duration, a number or a list with commas. */
export interface SimulatedField {
  readonly value: unknown;
  readonly text: string;
}

/** The run of a simulation. @throws Error for a name or a parameter that there is not */
export function simulatedRun(name: string, given: Given): Trace {
  const simulation = catalogue[name];
  if (!simulation) throw new Error(`there is no simulation "${name}"`);
  const { values, problems } = settleParameters(simulation.parameters, given);
  if (problems[0]) throw new Error(problems[0].message);
  return simulation.run(values);
}

/**
 * A field of an outcome.
 * @param at of a list: which one, from 1
 * @throws Error when the outcome has none
 */
export function simulatedFigure(name: string, given: Given, field: string, at?: number): SimulatedField {
  const whole = (simulatedRun(name, given).outcome as Record<string, unknown>)[field];
  const value = at === undefined ? whole : (whole as unknown[])[at - 1];
  if (value === undefined || value === null)
    throw new Error(`${name} has no ${field} with ${JSON.stringify(given)}`);
  const text = Array.isArray(value)
    ? value.join(', ')
    : field.endsWith('_ms')
      ? duration(Number(value) * 1000)
      : typeof value === 'number'
        ? count(value)
        : String(value);
  return { value, text };
}
