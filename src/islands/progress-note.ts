/** Shows on the home page what this browser has kept, and forgets it when asked to. */
import { forget, type Progress, progress, progressOf } from './progress.ts';

const kept = document.querySelector<HTMLElement>('[data-progress-note]');

/** `3 of 9 parts read · guessed right · 2 of 4 solved` */
function wordsOf({ read, parts, guessed, solved, questions }: Progress): string {
  const guesses = Object.values(guessed);
  const right = guesses.filter(Boolean).length;
  return [
    read.length > 0 && (read.length === parts ? 'read' : `${read.length} of ${parts} parts read`),
    guesses.length > 0 &&
      `guessed ${right === guesses.length ? 'right' : right === 0 ? 'wrong' : `${right} right`}`,
    solved.length > 0 && `${solved.length} of ${questions} solved`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function show(): void {
  for (const place of document.querySelectorAll<HTMLElement>('[data-progress]')) {
    place.textContent = wordsOf(progressOf(place.dataset.progress ?? ''));
    place.hidden = place.textContent === '';
  }
}

kept?.querySelector('button')?.addEventListener('click', () => {
  forget();
  show();
  kept.textContent = 'Forgotten.';
});
function begin(): void {
  show();
  if (kept && Object.keys(progress()).length > 0) kept.hidden = false;
}
begin();
// The way back may show the page as it was left.
addEventListener('pageshow', begin);
