/** axe, as all tests ask it. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Every rule that axe has on by default, and those of WCAG 2.2 that it has not. */
const ALL = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What a theme can do wrong: but for its colours, a page is the same in both, so that one is asked everything. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

const RULES = { light: ALL, dark: COLOURS } as const;
type Theme = keyof typeof RULES;

/** What axe looks at and for. */
export interface Asked {
  /** A selector of what is looked at; the whole page when not given. */
  readonly within?: string;
  /** The sizes of the window; the one that it has when not given. */
  readonly screens?: readonly { readonly width: number; readonly height: number }[];
}

/** What axe finds wrong on a page as it stands, at each width and in both themes: one line for each rule and element. */
export async function violations(page: Page, asked: Asked = {}): Promise<string[]> {
  const { within = 'html', screens = [page.viewportSize()] } = asked;
  const found: string[] = [];
  const look = async (theme: Theme, width: number | undefined) => {
    await page.emulateMedia({ colorScheme: theme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    const runOnly = [...RULES[theme]];
    // No page has frames, so all of axe can run in the page itself, and only what is wrong need leave it: a third of
    // the time.
    const axe = new AxeBuilder({ page }).include(within).setLegacyMode(true);
    for (const { id, nodes } of (await axe.options({ resultTypes: ['violations'], runOnly }).analyze())
      .violations)
      for (const { target, failureSummary } of nodes.slice(0, 4))
        found.push(`${width} ${theme}: ${id}: ${target} ${failureSummary?.split('\n')[1]?.trim()}`);
  };
  // A colour is the same at every width, so the dark ones are looked at once.
  for (const [i, screen] of screens.entries()) {
    if (screen) await page.setViewportSize(screen);
    await look('light', screen?.width);
    if (i === 0) await look('dark', screen?.width);
  }
  return found;
}
