/** Parameters that nobody has chosen: sound values from a seed, mostly small and often at their limits. */
import {
  defaultOf,
  type Earlier,
  type Given,
  maxOf,
  type Parameter,
  type ParameterValue,
  type Schema,
} from './parameters.ts';
import type { Random } from './random.ts';

/** Values above this are tried as seldom as limits. */
const SMALL = 100;

function anyValue(parameter: Parameter, earlier: Earlier, random: Random): ParameterValue {
  if (parameter.type === 'boolean') return random.integer(0, 1) === 1;
  if (parameter.type === 'choice') {
    const choices = Object.keys(parameter.choices);
    return choices[random.integer(0, choices.length - 1)] ?? parameter.default;
  }
  if (parameter.type === 'list') return parameter.default;
  const { min } = parameter;
  const max = maxOf(parameter, earlier);
  switch (random.integer(0, 3)) {
    case 0:
      return min;
    case 1:
      return Math.min(max, Math.ceil(min) + random.integer(0, SMALL));
    case 2:
      return Math.min(max, Math.ceil(min) + random.integer(0, SMALL) ** 2);
    default:
      return defaultOf(parameter, earlier);
  }
}

/** A set of parameters in which about half differ from their defaults. */
export function anyParameters(schema: Schema, random: Random): Given {
  const given: Record<string, ParameterValue> = {};
  const earlier: Record<string, ParameterValue> = {};
  for (const [name, parameter] of Object.entries(schema)) {
    earlier[name] = defaultOf(parameter, earlier);
    if (random.integer(0, 1) === 0) continue;
    given[name] = earlier[name] = anyValue(parameter, earlier, random);
  }
  return given;
}
