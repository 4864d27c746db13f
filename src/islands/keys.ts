/** Which key does what. The same list is shown by `?`. */

/** Key → what the figure does, for the help. */
export const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['→', '←'], 'one beat on, one beat back'],
  [['Shift →', 'Shift ←'], 'one event on, one event back'],
  [['Space'], 'play or pause (with the figure in focus)'],
  [['Home', 'End'], 'first beat, last beat (with the figure in focus)'],
  [['1', '…', '9'], 'the first nine presets'],
  [['C'], 'pin this run as A and compare'],
  [['L'], 'copy a link to this run and moment'],
  [['/'], 'search'],
  [['?'], 'these keys'],
];

/** Whether a key press is meant for something else: a field, a scrolling pane, an open dialog. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as Element;
  return (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.querySelector('dialog[open]') !== null ||
    target.closest(
      'input:not([type=range]):not([type=checkbox]), select, textarea, pre, .code, .scroll, [role=tablist]',
    ) !== null
  );
}

/** What the figure should do for a key press, or null when it is not for the figure. */
export function keyAction(event: KeyboardEvent, figure: Element): string | null {
  if (isTyping(event)) return null;
  const target = event.target as Element;
  const isInside = figure.contains(target);
  const isButton = target.closest('button, a, summary, label') !== null;
  const { key, shiftKey } = event;
  if (key === 'ArrowRight' || key === 'ArrowLeft') {
    const what = shiftKey ? 'event' : 'beat';
    return key === 'ArrowRight' ? what : `${what}-back`;
  }
  if (isInside && key === ' ' && !isButton) return 'play';
  if (isInside && key === 'Home') return 'first';
  if (isInside && key === 'End') return 'last';
  if (/^[1-9]$/.test(key)) return `preset ${key}`;
  return { c: 'compare', l: 'link' }[key] ?? null;
}
