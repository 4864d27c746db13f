/** The fields of a playbook: what a reader types fills every command of the chapter, and stays for the session. */
import { type Field, piecesOf, problemOf } from '#site/playbook/fields.ts';
import { keep, recall } from './kept.ts';

const KEY = 'playbook fields';

/** Makes the words of the fields, wherever code has them, places that can be filled. A figure's code is the kernel's. */
function placesIn(root: Element, fields: readonly string[]): Map<string, HTMLElement[]> {
  const places = new Map<string, HTMLElement[]>(fields.map((field) => [field, []]));
  for (const code of root.querySelectorAll('pre, code')) {
    if (code.closest('simulation-figure')) continue;
    const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts) {
      const pieces = piecesOf(text.data, fields);
      if (!pieces.some((piece) => places.has(piece))) continue;
      text.replaceWith(
        ...pieces.map((piece) => {
          if (!places.has(piece)) return piece;
          const place = Object.assign(document.createElement('var'), { textContent: piece });
          places.get(piece)?.push(place);
          return place;
        }),
      );
    }
  }
  return places;
}

/** @param form has an input for each field @param root where the commands are */
export function fillCommands(form: HTMLFormElement, root: Element): void {
  const inputs = [...form.querySelectorAll('input')];
  const places = placesIn(
    root,
    inputs.map(({ name }) => name),
  );
  const problems = form.querySelector('.problem') as HTMLElement;
  const values: Record<string, unknown> = { ...(recall('sessionStorage', KEY) as object | null) };

  /** Only a sound value gets into a command; an empty one leaves the word. */
  const fill = (input: HTMLInputElement): string | undefined => {
    const value = input.value.trim();
    const problem = problemOf(input.name as Field, value);
    const isFilled = value !== '' && !problem;
    for (const place of places.get(input.name) ?? []) {
      place.textContent = isFilled ? value : input.name;
      place.classList.toggle('filled', isFilled);
    }
    values[input.name] = isFilled ? value : '';
    keep('sessionStorage', KEY, values);
    return problem;
  };
  const say = (): void => {
    const found = inputs.map((input) => problemOf(input.name as Field, input.value.trim()));
    for (const [i, input] of inputs.entries()) input.setAttribute('aria-invalid', String(Boolean(found[i])));
    problems.textContent = found.filter(Boolean).join(' ');
  };

  for (const input of inputs) {
    const value = values[input.name];
    if (typeof value === 'string') input.value = value;
    fill(input);
    // A value is unsound while it is typed, so nothing is said until its field is left. What was mended is seen at once.
    input.addEventListener('input', () => {
      if (!fill(input)) say();
    });
    input.addEventListener('change', say);
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    say();
  });
}
