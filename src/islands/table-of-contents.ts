/** Marks the part of the page that is on the screen, and keeps its link in sight where the table of contents scrolls. */

/** A part begins when its heading is this high on the screen: below the table of contents, with room to see it. */
const BEGINS_px = 140;

const links = [...document.querySelectorAll<HTMLAnchorElement>('.toc a')];
const parts = links.map(({ hash }) => document.getElementById(hash.slice(1)));
let marked: HTMLAnchorElement | undefined;
let isWaiting = false;

function mark(): void {
  isWaiting = false;
  const now = links.findLast((_, i) => (parts[i]?.getBoundingClientRect().top ?? 1e6) < BEGINS_px);
  if (now === marked) return;
  marked?.removeAttribute('aria-current');
  now?.setAttribute('aria-current', 'true');
  marked = now;
  const list = now?.closest('ol');
  if (now && list) list.scrollTo({ left: now.offsetLeft - list.offsetLeft - 24 });
}

addEventListener(
  'scroll',
  () => {
    if (!isWaiting) requestAnimationFrame(mark);
    isWaiting = true;
  },
  { passive: true },
);
mark();

export {};
