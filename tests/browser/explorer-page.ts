/** The explorer of TCP’s states, as a person sees and drives it. */
import { expect, type Locator, type Page } from '@playwright/test';
import { spaced } from './figure-page.ts';
import { use } from './site-page.ts';

/** The page that it stands on. */
export const EXPLORER = 'reference/tcp-states/';

export class ExplorerPage {
  readonly page: Page;
  readonly root: Locator;

  constructor(page: Page) {
    this.page = page;
    this.root = page.locator('tcp-states');
  }

  /** Opens the page and waits until the explorer can be driven. @param query with its `?` */
  static async open(page: Page, query = ''): Promise<ExplorerPage> {
    await page.goto(EXPLORER + query);
    const explorer = new ExplorerPage(page);
    await use(page);
    await expect(explorer.root).toHaveClass(/\bready\b/);
    return explorer;
  }

  part(name: string): Locator {
    return this.root.locator(`[data-part="${name}"]`);
  }

  /** A call of an end, what becomes of a packet, or the wait, by its word in a history. */
  action(word: string): Locator {
    return this.root.locator(`[data-act="${word}"]`);
  }

  /** A button by what it does. */
  button(name: string): Locator {
    return this.root.locator(`[data-do="${name}"]`);
  }

  tour(id: string): Locator {
    return this.root.locator(`[data-tour="${id}"]`);
  }

  step(n: number): Locator {
    return this.root.locator(`[data-step="${n}"]`);
  }

  get sentence(): Locator {
    return this.part('sentence');
  }

  get notices(): Locator {
    return this.part('notices');
  }

  /** The flags of the segments on their way, the first to arrive first. */
  async wire(): Promise<string[]> {
    return this.part('wire').locator('.letter b').allTextContents();
  }

  /** Does one thing after another, each by its button. */
  async play(words: readonly string[]): Promise<void> {
    for (const word of words) await this.action(word).click();
  }

  /** Waits until both ends are in these states, in the cards and in the diagram. */
  async isIn(client: string, server: string): Promise<void> {
    await expect(this.part('client-state')).toHaveText(client);
    await expect(this.part('server-state')).toHaveText(server);
    const lit = this.root.locator('.eleven .state[data-now]');
    await expect(lit).toHaveCount(client === server ? 1 : 2);
    expect(new Set(await lit.evaluateAll((states) => states.map((state) => state.dataset.state)))).toEqual(
      new Set([client, server]),
    );
  }

  /** The line above the explorer: `step 3 of 6`. */
  async stands(at: number, of: number): Promise<void> {
    await expect(this.part('count')).toHaveText(`step ${at} of ${of}`);
  }

  async says(): Promise<string> {
    return spaced(await this.sentence.innerText());
  }

  /** The lines that ss prints, without the heads. */
  async ss(): Promise<string[]> {
    const lines = await this.part('sockets').locator('.line').allTextContents();
    return lines.map(spaced);
  }
}
