/** axe, as all tests ask it. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Every rule that axe has on by default, and those of WCAG 2.2 that it has not. */
const ALL = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What a theme can do wrong. */
export const COLOURS = ['color-contrast', 'link-in-text-block'];

const THEMES = ['light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** What axe looks at and for. */
export interface Asked {
  /** A selector of what is looked at; the whole page when not given. */
  readonly within?: string;
  /** The sizes of the window; the one that it has when not given. */
  readonly screens?: readonly { readonly width: number; readonly height: number }[];
  /** The rules that count in the dark, where not all do. */
  readonly inTheDark?: readonly string[];
}

/** What axe finds wrong on a page as it stands, at each width and in both themes: one line for each rule and element. */
export async function violations(page: Page, asked: Asked = {}): Promise<string[]> {
  const { within = 'html', screens = [page.viewportSize()], inTheDark = ALL } = asked;
  const found: string[] = [];
  const look = async (theme: Theme, width: number | undefined) => {
    await page.emulateMedia({ colorScheme: theme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    const runOnly = [...(theme === 'dark' ? inTheDark : ALL)];
    // No page has frames, so all of axe can run in the page itself, and only what is wrong need leave it: a third of
    // the time.
    const axe = new AxeBuilder({ page }).include(within).setLegacyMode(true);
    for (const { id, nodes } of (await axe.options({ resultTypes: ['violations'], runOnly }).analyze())
      .violations)
      for (const { target, failureSummary } of nodes.slice(0, 4))
        found.push(`${width} ${theme}: ${id}: ${target} ${failureSummary?.split('\n')[1]?.trim()}`);
  };
  for (const screen of screens) {
    if (screen) await page.setViewportSize(screen);
    for (const theme of THEMES) await look(theme, screen?.width);
  }
  return found;
}
