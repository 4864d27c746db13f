/** The parameters as a form: one field each, with its unit, its limits and the kernel's name for it. */
import {
  allowed,
  type Given,
  isNumeric,
  maxOf,
  type Parameter,
  type ParameterValue,
  type Schema,
} from '#simulations/engine/parameters.ts';
import { escapeText } from './svg.ts';

type Settled = Readonly<Record<string, ParameterValue>>;

function control(name: string, parameter: Parameter, values: Settled): string {
  const value = values[name];
  const attributes = `id="p-${name}" name="${name}" aria-describedby="h-${name}"`;
  if (parameter.type === 'boolean') return `<input type="checkbox" ${attributes}${value ? ' checked' : ''}>`;
  if (parameter.type === 'choice') {
    const options = Object.keys(parameter.choices).map(
      (choice) => `<option${choice === value ? ' selected' : ''}>${escapeText(choice)}</option>`,
    );
    return `<select ${attributes}>${options.join('')}</select>`;
  }
  if (parameter.type === 'list')
    return `<input type="text" ${attributes} value="${escapeText(String(value))}" autocomplete="off" spellcheck="false">`;
  return `<input type="number" ${attributes} min="${parameter.min}" max="${maxOf(parameter, values)}" step="${parameter.type === 'integer' ? 1 : 10 ** -parameter.decimals}" value="${value}" inputmode="${parameter.type === 'integer' ? 'numeric' : 'decimal'}" required>`;
}

/** What a parameter is and what it allows, in the light of the others. @param value its value */
export function hint(parameter: Parameter, value: ParameterValue, values: Settled): string {
  if (parameter.type === 'choice') return `${parameter.choices[String(value)]}`;
  if (parameter.type === 'boolean' || parameter.type === 'list') return parameter.help;
  const special = Object.entries(parameter.special ?? {}).map(([value, meaning]) => `${value}: ${meaning}`);
  return [`${parameter.help}; ${allowed(parameter, values)}`, ...special].join('; ');
}

/** @param given the parameters that were set by hand, which are shown as such */
export function form(schema: Schema, values: Settled, given: Given): string {
  return Object.entries(schema)
    .map(([name, parameter]) => {
      const unit = isNumeric(parameter) && parameter.unit ? parameter.unit : '';
      const title =
        'names' in parameter && parameter.names && parameter.names !== name
          ? parameter.names.replace('net.ipv4.', '')
          : name;
      return `<div class="field${Object.hasOwn(given, name) ? ' given' : ''}"><label for="p-${name}">${escapeText(title)}</label><span class="input">${control(name, parameter, values)}<i>${unit}</i></span><small id="h-${name}">${escapeText(hint(parameter, values[name] as ParameterValue, values))}</small></div>`;
    })
    .join('');
}
