/** Notes what a reader has read, guessed and solved on this page, and marks it in the table of contents. */
import { note, progressOf } from './progress.ts';

/** Who reads stands still for as long as this; who looks for something else scrolls on. */
const PAUSE_ms = 1200;

const page = document.querySelector<HTMLElement>('main')?.dataset.page ?? '';
const links = [...document.querySelectorAll<HTMLAnchorElement>('.toc a')];
const ids = links.map(({ hash }) => hash.slice(1));
/** Parts whose beginning was on the screen: a link may lead to the end of one. */
const begun = new Set<string>();

const isOnScreen = (y: number | undefined): boolean => y !== undefined && y > 0 && y <= innerHeight;

/** Where a part ends: things stand beside each other on a wide screen. */
function endOf(heading: Element | null): number {
  let end = 0;
  for (
    let next = heading?.nextElementSibling;
    next && next.localName !== 'h2';
    next = next.nextElementSibling
  )
    end = Math.max(end, next.getBoundingClientRect().bottom);
  return end;
}

function look(): void {
  const { read } = progressOf(page);
  const now = ids.filter((id) => {
    const heading = document.getElementById(id);
    if (isOnScreen(heading?.getBoundingClientRect().top)) begun.add(id);
    return begun.has(id) && !read.includes(id) && isOnScreen(endOf(heading));
  });
  if (now.length > 0)
    note(page, (progress) => {
      progress.read.push(...now);
      progress.parts = ids.length;
    });
  mark();
}

function mark(): void {
  const { read } = progressOf(page);
  for (const [i, link] of links.entries())
    if (read.includes(ids[i] ?? '')) link.setAttribute('aria-description', 'read');
}

/** Each question gets a box: only who answered knows whether they had it. */
const questions = document.querySelectorAll<HTMLElement>('details.question');
for (const question of questions) {
  const ask = question.firstElementChild?.textContent?.trim() ?? '';
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.checked = progressOf(page).solved.includes(ask);
  box.onchange = () =>
    note(page, (progress) => {
      progress.solved = progress.solved.filter((other) => other !== ask);
      if (box.checked) progress.solved.push(ask);
      progress.questions = questions.length;
    });
  const label = document.createElement('label');
  label.className = 'solved';
  label.append(box, ' I had it');
  question.append(label);
}

addEventListener('guessed', (event) => {
  const { question, isRight } = (event as CustomEvent<{ question: string; isRight: boolean }>).detail;
  note(page, ({ guessed }) => {
    // The first guess is the one that counts.
    guessed[question] ??= isRight;
  });
});

let pause: ReturnType<typeof setTimeout> | undefined;
function waitForPause(): void {
  clearTimeout(pause);
  pause = setTimeout(look, PAUSE_ms);
}
addEventListener('scroll', waitForPause, { passive: true });
waitForPause();
mark();
