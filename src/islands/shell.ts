/** The page's own controls: theme, dialogs, and the keys that open them. Search is loaded when it is first used. */
import { isTyping } from './keys.ts';

const root = document.documentElement;
const toggle = document.querySelector('[data-theme-toggle]');

function nameTheme(): void {
  const name = toggle?.querySelector('[data-theme-name]');
  if (name) name.textContent = root.dataset.theme === 'dark' ? 'Light' : 'Dark';
}

toggle?.addEventListener('click', () => {
  const theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
  root.dataset.theme = theme;
  nameTheme();
  try {
    localStorage.setItem('theme', theme);
  } catch {
    // Storage may be closed; the choice then lasts for this page.
  }
});
nameTheme();

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => {
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem('theme');
  } catch {
    // No choice can be read, so the system's holds.
  }
  if (chosen) return;
  root.dataset.theme = matches ? 'dark' : 'light';
  nameTheme();
});

/** Where a page has a box of its own to search in, `/` leads there and opens no dialog. */
function open(id: string): void {
  const here = id === 'search' ? document.querySelector<HTMLElement>('main site-search textarea') : null;
  here?.focus();
  const dialog = here ? null : document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

/** A box that gets the focus is about to be used, and one that the browser's own way back has filled in was. */
async function loadSearch(box: Element): Promise<void> {
  try {
    await import('./site-search.ts');
  } catch {
    const status = box.querySelector('[data-part=status]');
    if (status) status.textContent = 'The search could not be loaded. Reload the page.';
  }
}

document.addEventListener('focusin', ({ target }) => {
  const box = (target as Element).closest('site-search');
  if (box) loadSearch(box);
});
addEventListener('pageshow', () => {
  const filled = [...document.querySelectorAll('site-search')].find(
    (box) => box.querySelector('textarea')?.value,
  );
  if (filled) loadSearch(filled);
});

/** A dialog's own padding counts as the dialog; what lies around it is its backdrop. */
function isOutside({ clientX, clientY }: MouseEvent, dialog: HTMLDialogElement): boolean {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

document.addEventListener('click', (event) => {
  const opener = (event.target as Element).closest<HTMLElement>('[data-open]');
  if (opener?.dataset.open) open(opener.dataset.open);
  if (event.target instanceof HTMLDialogElement && isOutside(event, event.target)) event.target.close();
});

document.addEventListener('keydown', (event) => {
  if (isTyping(event)) return;
  const id = { '/': 'search', '?': 'keys' }[event.key];
  if (!id) return;
  event.preventDefault();
  open(id);
});

// How far a reader is: shown where it can be, and noted once somebody reads.
if (document.querySelector('[data-progress-note]')) import('./progress-note.ts');
if (document.querySelector('.toc ol'))
  addEventListener('scroll', () => import('./reading.ts'), { once: true, passive: true });

// Paper is light.
let onScreen: string | undefined;
addEventListener('beforeprint', () => {
  onScreen = root.dataset.theme;
  root.dataset.theme = 'light';
});
addEventListener('afterprint', () => {
  if (onScreen) root.dataset.theme = onScreen;
});
