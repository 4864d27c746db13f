/**
 * Shows the sentence of a term beside it. Without this script a term is a link with a title. The link stays the way to
 * the glossary for mouse and keyboard; a finger's first tap shows the sentence, with a link of its own in it.
 *
 * The sentence is a popover, so Escape and a press elsewhere close it. A screen reader has it as the link's description.
 */

/** How long a pointer rests on a term before it is asked for, and may leave it on its way to the sentence, in ms. */
const REST_ms = 150;
/** Between the term and its sentence, and at least between the sentence and the edge of the screen, in pixels. */
const GAP_px = 6;

const main = document.querySelector('main');
const tip = Object.assign(document.createElement('div'), { className: 'term-tip', popover: 'auto' });
const sentence = document.createElement('p');
/** For fingers: the keyboard has the term itself, which leads to the same place. */
const more = Object.assign(document.createElement('a'), { textContent: 'In the glossary', tabIndex: -1 });
tip.append(sentence, more);
main?.append(tip);

for (const term of document.querySelectorAll<HTMLAnchorElement>('a.term')) {
  term.setAttribute('aria-description', term.title);
  term.removeAttribute('title');
}

// A figure that comes to life moves the text.
if (main) new ResizeObserver(() => shown && place(shown)).observe(main);

let shown: HTMLAnchorElement | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
/** The finger that went down on a term, and whether its sentence was there already. */
let finger: { term: HTMLAnchorElement; again: boolean } | undefined;

tip.addEventListener('toggle', ({ newState }) => {
  if (newState === 'closed') shown = undefined;
});

const termOf = (event: Event): HTMLAnchorElement | null =>
  (event.target as Element).closest<HTMLAnchorElement>('a.term');

function show(term: HTMLAnchorElement): void {
  clearTimeout(timer);
  sentence.textContent = term.getAttribute('aria-description');
  more.href = term.href;
  if (!tip.matches(':popover-open')) tip.showPopover();
  shown = term;
  place(term);
}

/** Below the term, or above it where there is no room, and never past the edge. */
function place(term: HTMLAnchorElement): void {
  const line = term.getClientRects()[0] ?? term.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.max(GAP_px, Math.min(line.left, clientWidth - width - GAP_px));
  const isBelow = line.bottom + GAP_px + height <= clientHeight;
  const top = isBelow ? line.bottom + GAP_px : line.top - GAP_px - height;
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${top + scrollY}px`;
}

const hide = (): void => {
  if (tip.matches(':popover-open')) tip.hidePopover();
};

function after(act: () => void): void {
  clearTimeout(timer);
  timer = setTimeout(act, REST_ms);
}

document.addEventListener('pointerover', (event) => {
  if (event.pointerType !== 'mouse') return;
  const term = termOf(event);
  if (term) after(() => show(term));
  else if (tip.contains(event.target as Node)) clearTimeout(timer);
  else if (shown !== document.activeElement) after(hide);
});

document.addEventListener('focusin', (event) => {
  const term = termOf(event);
  if (term?.matches(':focus-visible')) show(term);
});
document.addEventListener('focusout', (event) => {
  if (termOf(event) && !tip.contains(event.relatedTarget as Node | null)) hide();
});

document.addEventListener(
  'pointerdown',
  (event) => {
    const term = termOf(event);
    finger = term && event.pointerType !== 'mouse' ? { term, again: shown === term } : undefined;
  },
  true,
);
document.addEventListener('click', (event) => {
  const term = termOf(event);
  if (!term || finger?.term !== term || finger.again) return;
  event.preventDefault();
  show(term);
});
