/**
 * Loads the script of an island when the page is first used: the engine of the simulations weighs more than all else,
 * and whoever reads the playbook does not need it. What is clicked or typed meanwhile is done when it is there.
 */

import { nextTask } from './task.ts';

/** The signs that somebody is there. */
const SIGNS = [
  'pointermove',
  'pointerdown',
  'touchstart',
  'keydown',
  'click',
  'scroll',
  'beforeprint',
] as const;

/** A browser tells of the pointer and of scrolling also when it has only laid out the page. */
function isReal(event: Event): boolean {
  if (event instanceof PointerEvent && event.type === 'pointermove')
    return event.movementX !== 0 || event.movementY !== 0;
  return event.type !== 'scroll' || (event.target === document && scrollY > 0);
}

/** @param selector the island, which has the class `ready` and tells `ready` when it can be used @param load gets its script */
export function onUse(selector: string, load: () => Promise<unknown>): void {
  const waiting = new Map<EventTarget, () => void>();

  const keep = (event: Event): void => {
    const target = event.target as HTMLElement;
    const link = target.closest('a[data-run]');
    if (!link && !target.closest(selector)) return;
    if (event.type === 'click') {
      if (link) event.preventDefault();
      if (link || target.closest('button')) waiting.set(target, () => target.click());
    } else if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) {
      const { value } = target;
      const isChecked = target instanceof HTMLInputElement && target.checked;
      waiting.set(target, () => {
        target.value = value;
        if (target instanceof HTMLInputElement) target.checked = isChecked;
        target.dispatchEvent(new Event('input', { bubbles: true }));
      });
    }
  };

  const begin = (event?: Event): void => {
    if (event && !isReal(event)) return;
    for (const sign of SIGNS) removeEventListener(sign, begin, true);
    load();
  };

  document.addEventListener('click', keep, true);
  document.addEventListener('input', keep, true);
  document.querySelector(selector)?.addEventListener(
    'ready',
    async () => {
      document.removeEventListener('click', keep, true);
      document.removeEventListener('input', keep, true);
      for (const act of waiting.values()) {
        act();
        await nextTask();
      }
    },
    { once: true },
  );
  // A link to a run or to a moment is a use, and so is the way back to one.
  if (location.search || location.hash || history.state?.event !== undefined) begin();
  else for (const sign of SIGNS) addEventListener(sign, begin, { capture: true, passive: true });
}
