/** What a page keeps in the browser. Storage may be closed; what is kept then lasts for the page. */

/** For the session of this tab, or for good. */
export type Where = 'sessionStorage' | 'localStorage';

/** @returns what was kept under this key, or nothing, also where it cannot be read */
export function recall(where: Where, key: string): unknown {
  try {
    return JSON.parse(window[where].getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

export function keep(where: Where, key: string, value: unknown): void {
  try {
    window[where].setItem(key, JSON.stringify(value));
  } catch {
    // It lasts for the page.
  }
}
