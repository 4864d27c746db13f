/**
 * The form of parameters: tells of every change at once, and keeps what was typed. A field that cannot be used says
 * what is allowed and waits to be mended; the others go on.
 */
import {
  type Given,
  isNumeric,
  maxOf,
  type ParameterValue,
  type Problem,
  type Schema,
  settleParameters,
} from '#simulations/engine/parameters.ts';
import { hint } from '../views/form.ts';

/** What changed: the sound parameters, what is wrong with the others, and whether the changed field is sound. */
export type OnChange = (given: Given, problems: readonly Problem[], isSound: boolean) => void;

export class ParameterForm {
  readonly #root: HTMLElement;
  readonly #schema: Schema;
  readonly #onChange: OnChange;
  /** What was given, sound or not. */
  #raw: Given = {};

  constructor(root: HTMLElement, schema: Schema, onChange: OnChange) {
    this.#root = root;
    this.#schema = schema;
    this.#onChange = onChange;
    root.addEventListener('submit', (event) => event.preventDefault());
    root.addEventListener('input', (event) => this.#change(event.target as HTMLInputElement));
  }

  /** Shows other parameters; what waited to be mended is forgotten. */
  show(given: Given): void {
    this.#raw = given;
    this.#write();
  }

  #change(field: HTMLInputElement): void {
    const value: ParameterValue = field.type === 'checkbox' ? field.checked : field.value;
    this.#raw = { ...this.#raw, [field.name]: value };
    const { given, problems } = this.#write();
    this.#onChange(given, problems, !problems.some(({ name }) => name === field.name));
  }

  /** Writes into every field what holds now, but never over what a person is typing or has to mend. */
  #write(): { given: Given; problems: readonly Problem[] } {
    const settled = settleParameters(this.#schema, this.#raw);
    const values = settled.values as Readonly<Record<string, ParameterValue>>;
    for (const [name, parameter] of Object.entries(this.#schema)) {
      const field = this.#root.querySelector<HTMLInputElement>(`[name="${name}"]`);
      const words = this.#root.querySelector(`#h-${name}`);
      if (!field || !words) continue;
      const problem = settled.problems.find((problem) => problem.name === name);
      field.setAttribute('aria-invalid', String(Boolean(problem)));
      words.classList.toggle('wrong', Boolean(problem));
      words.textContent = problem
        ? `${problem.message}. The run goes on without it.`
        : hint(parameter, values[name] as ParameterValue, values);
      field.closest('.field')?.classList.toggle('given', Object.hasOwn(this.#raw, name));
      if (isNumeric(parameter)) field.max = String(maxOf(parameter, values));
      if (problem || field === document.activeElement) continue;
      if (parameter.type === 'boolean') field.checked = values[name] === true;
      else field.value = String(values[name]);
    }
    return settled;
  }
}
