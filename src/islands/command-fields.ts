/** The fields of a playbook: what a reader types fills every command of its chapter, and stays for the session. */
import { type Field, familyOf, familyOfPeer, piecesOf, problemOf } from '#site/playbook/fields.ts';
import { foundIn } from '#site/playbook/pasted.ts';
import { keep, recall } from './kept.ts';

/** How long a field rests before it is said that its value fills nothing: while it is typed, none is sound. */
const RESTS_ms = 700;

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

/** Of a step that has one command for each IP version, shows the one that the peer needs; without a sound address, both. */
function showFamily(root: Element, peer: string): void {
  const wanted = familyOfPeer(peer);
  for (const body of root.querySelectorAll('.step .body')) {
    const commands = [...body.querySelectorAll<HTMLElement>('.expressive-code')].map((block) => ({
      block,
      family: familyOf(block.querySelector('pre')?.textContent ?? ''),
    }));
    const hasWanted = commands.some(({ family }) => family === wanted);
    for (const { block, family } of commands) {
      const isOther = wanted !== undefined && hasWanted && family !== undefined && family !== wanted;
      block.classList.toggle('left-out', isOther);
      if (isOther) block.dataset.why = `The command for ${family} is left out: PEER is an ${wanted} address.`;
    }
  }
}

const list = (words: readonly string[]): string => words.join(', ').replace(/, ([^,]*)$/, ' and $1');

/**
 * @param form has an input for each field
 * @param root where the commands are
 * @returns empties all fields
 */
export function fillCommands(form: HTMLFormElement, root: Element): () => void {
  const inputs = [...form.querySelectorAll('input')];
  const key = `playbook fields ${location.pathname}`;
  const places = placesIn(
    root,
    inputs.map(({ name }) => name),
  );
  const problems = form.querySelector('.problem') as HTMLElement;
  const taken = form.querySelector('.taken') as HTMLElement;
  const values: Record<string, unknown> = { ...(recall('sessionStorage', key) as object | null) };

  /** What a field means: `:8080` in PORT is 8080. */
  const meant = ({ name, value }: HTMLInputElement): string => {
    const text = value.trim();
    return problemOf(name as Field, text)
      ? (foundIn(text, name as Field).values[name as Field] ?? text)
      : text;
  };
  /** Only a sound value gets into a command; an empty one leaves the word. */
  const fill = (input: HTMLInputElement): string | undefined => {
    const value = meant(input);
    const problem = problemOf(input.name as Field, value);
    const isFilled = value !== '' && !problem;
    for (const place of places.get(input.name) ?? []) {
      place.textContent = isFilled ? value : input.name;
      place.classList.toggle('filled', isFilled);
    }
    values[input.name] = isFilled ? value : '';
    if (input.name === 'PEER') showFamily(root, isFilled ? value : '');
    keep('sessionStorage', key, values);
    return problem;
  };
  const say = (): void => {
    const found = inputs.map((input) => problemOf(input.name as Field, meant(input)));
    for (const [i, input] of inputs.entries()) input.setAttribute('aria-invalid', String(Boolean(found[i])));
    problems.textContent = found.filter(Boolean).join(' ');
  };
  /** Takes what a text has for these fields, and says so. @returns whether it has anything */
  const take = (text: string, into: HTMLInputElement): boolean => {
    if (!problemOf(into.name as Field, text.trim())) return false;
    const found = foundIn(text, into.name as Field);
    const filled: string[] = [];
    const told: string[] = [];
    for (const input of inputs) {
      const value = found.values[input.name as Field];
      const all = found.several[input.name as Field];
      if (all) told.push(`For ${input.name} it has ${list(all)}: fill in which.`);
      if (value === undefined || (input !== into && input.value.trim() === value)) continue;
      // What somebody has filled in is not replaced by what stands beside.
      if (input !== into && input.value.trim() !== '') {
        told.push(`${input.name} stays ${input.value.trim()}; it has ${value}.`);
        continue;
      }
      input.value = value;
      fill(input);
      filled.push(input.name);
    }
    if (!filled.length && !told.length) return false;
    // A port with its colon, or an address in brackets, needs no word.
    const isOwn = filled.length === 1 && filled[0] === into.name && !told.length;
    if (filled.length && !isOwn) told.unshift(`${list(filled)} filled from the pasted line.`);
    taken.textContent = told.join(' ');
    say();
    return true;
  };

  let resting: ReturnType<typeof setTimeout> | undefined;
  for (const input of inputs) {
    const value = values[input.name];
    if (typeof value === 'string') input.value = value;
    fill(input);
    input.addEventListener('input', () => {
      clearTimeout(resting);
      taken.textContent = '';
      // What was mended is seen at once.
      if (!fill(input)) say();
      else resting = setTimeout(say, RESTS_ms);
    });
    input.addEventListener('paste', (event) => {
      if (take(event.clipboardData?.getData('text') ?? '', input)) event.preventDefault();
    });
    input.addEventListener('change', () => {
      clearTimeout(resting);
      if (!take(input.value, input)) say();
    });
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    say();
  });

  return () => {
    for (const input of inputs) {
      input.value = '';
      fill(input);
    }
    taken.textContent = '';
    say();
  };
}
