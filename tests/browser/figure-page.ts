/** The figure of a chapter, as a person sees and drives it, and what the simulation says that they should see. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { clockTime } from '#simulations/engine/duration.ts';
import type { Given } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { plain, type TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import type { TraceOf } from '#site/figures/trace-of.ts';
import { presetOf, runOf } from '../preset.ts';
import { CHAPTER, use } from './site-page.ts';

/** The preset that the chapter opens with. */
export const INITIAL = 'post';

/** The preset with this id. */
export const preset = (id: string) => presetOf(connectTimeout, id);

/** The run that the page should show for these parameters. */
export const traceOf = (given: Given): TraceOf<typeof connectTimeout> => runOf(connectTimeout, given);

/** An event of a trace. */
export function eventOf(trace: Trace, index: number | undefined): TraceEvent {
  const event = trace.events[index ?? -1];
  if (!event) throw new Error(`there is no event ${index}`);
  return event;
}

/** The first event that is one of these, so that tests need no numbers of events. */
export function find(trace: Trace, is: (event: TraceEvent) => boolean): TraceEvent {
  const event = trace.events.find(is);
  if (!event) throw new Error('no event is so');
  return event;
}

/** Text with every kind of space alike. */
export const spaced = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** What the figure should say with its cursor on an event. @param clock how the figure writes times */
export function expectedAt(trace: Trace, index: number, clock = clockTime) {
  const { at_us, says } = eventOf(trace, index);
  const passed = trace.beats.filter((beat) => beat <= index).length;
  return {
    time: spaced(clock(at_us)),
    sentence: spaced(plain(says)),
    count: `event ${index + 1} of ${trace.events.length} · beat ${passed} of ${trace.beats.length}`,
  };
}

interface Manifest {
  readonly version: string;
  readonly excerpts: Readonly<
    Record<
      string,
      {
        readonly file: string;
        readonly symbol: string;
        readonly marks: Readonly<Record<string, { readonly at: string; readonly lines?: number }>>;
      }
    >
  >;
}

/** The excerpts that the site may show, and the patterns of their marks. */
export const manifest: Manifest = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../content/kernel.json'), 'utf8'),
);

/** The excerpt and the pattern that should be lit with the cursor on an event; nothing before the first mark. */
export function expectedLight(trace: Trace, index: number): { excerpt: string; at: string } | null {
  const event = trace.events.findLast((event) => event.index <= index && event.mark !== null);
  const mark = event?.decision?.mark ?? event?.mark;
  if (!mark) return null;
  const [excerpt = '', name = ''] = mark.split(':');
  const at = manifest.excerpts[excerpt]?.marks[name]?.at;
  if (at === undefined) throw new Error(`${mark} is not in content/kernel.json`);
  return { excerpt, at };
}

/** What the kernel pane shows. */
export interface Light {
  /** The excerpts that can be seen. */
  readonly open: string[];
  /** The text of the lit lines. */
  readonly text: string;
  /** Whether a person can see the first lit line without scrolling the pane. */
  readonly isInView: boolean;
}

/** What the figure says. */
export interface Said {
  readonly time: string;
  readonly sentence: string;
  readonly count: string;
}

export class FigurePage {
  readonly page: Page;
  readonly root: Locator;
  readonly #clock: (us: number) => string;

  /** @param clock how the figure writes times */
  constructor(page: Page, clock = clockTime) {
    this.page = page;
    this.root = page.locator('simulation-figure');
    this.#clock = clock;
  }

  /** Opens a page and waits until its figure can be driven. @param query with its `?` */
  static async open(page: Page, query = '', path = CHAPTER, clock = clockTime): Promise<FigurePage> {
    await page.goto(path + query);
    const figure = new FigurePage(page, clock);
    await figure.isReady();
    return figure;
  }

  /** Somebody is there, and the figure can be driven. */
  async isReady(): Promise<void> {
    await use(this.page);
    await expect(this.root).toHaveClass(/\bready\b/);
  }

  part(name: string): Locator {
    return this.root.locator(`[data-part="${name}"]`);
  }

  /** A button by what it does. */
  button(name: string): Locator {
    return this.root.locator(`[data-do="${name}"]`);
  }

  preset(id: string): Locator {
    return this.root.locator(`button[data-preset="${id}"]`);
  }

  get scrub(): Locator {
    return this.part('scrub');
  }

  get notices(): Locator {
    return this.part('notices');
  }

  /** Gives the figure the keyboard, as a click on it would, and brings it into view. */
  async focus(): Promise<void> {
    await this.root.evaluate((figure: HTMLElement) => {
      figure.scrollIntoView({ block: 'start', behavior: 'instant' });
      figure.focus({ preventScroll: true });
    });
    await expect(this.root).toBeFocused();
    await this.painted();
  }

  /** Waits until the page has been painted, and with it until the figure knows that it is on the screen. */
  async painted(): Promise<void> {
    await this.page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))),
    );
  }

  /** Opens the parameters. */
  async openParameters(): Promise<void> {
    await this.root.getByText('All parameters').click();
    await expect(this.part('form')).toBeVisible();
  }

  /** A parameter's field. */
  field(name: string): Locator {
    return this.root.locator(`#p-${name}`);
  }

  /** What the figure says now. */
  async said(): Promise<Said> {
    return (await this.look()).said;
  }

  /** What the figure says now, and what its kernel pane shows, at one look. */
  async look(): Promise<{ said: Said; light: Light }> {
    const { said, light } = await this.root.evaluate((figure) => {
      const text = (name: string) => figure.querySelector(`[data-part="${name}"]`)?.textContent ?? '';
      const kernel = figure.querySelector('[data-part="kernel"]');
      const lit = [...(kernel?.querySelectorAll('.lit') ?? [])];
      /** Without the values that stand under the code. */
      const codeOf = (line: Element): string => {
        const copy = line.cloneNode(true) as Element;
        for (const value of copy.querySelectorAll('.value, .came-to')) value.remove();
        return copy.textContent ?? '';
      };
      const line = lit[0]?.getBoundingClientRect();
      const pane = lit[0]?.closest('.code')?.getBoundingClientRect();
      return {
        said: { time: text('time'), sentence: text('sentence'), count: text('count') },
        light: {
          open: [...(kernel?.querySelectorAll<HTMLDetailsElement>('details[data-excerpt]') ?? [])]
            .filter((excerpt) => excerpt.open && excerpt.checkVisibility())
            .map((excerpt) => excerpt.dataset.excerpt ?? ''),
          text: lit.map(codeOf).join('\n'),
          isInView: Boolean(line && pane && line.top >= pane.top - 1 && line.bottom <= pane.bottom + 1),
        },
      };
    });
    const { time, sentence, count } = said;
    return { said: { time: spaced(time), sentence: spaced(sentence), count: spaced(count) }, light };
  }

  /** Waits until the figure stands on an event of a run and says so. */
  async standsOn(trace: Trace, index: number): Promise<void> {
    await this.litOn(trace, index);
  }

  /** Waits until the figure stands on an event of a run and says so. @returns what its kernel pane shows then */
  async litOn(trace: Trace, index: number): Promise<Light> {
    let light: Light | undefined;
    await expect
      .poll(async () => {
        const seen = await this.look();
        light = seen.light;
        return seen.said;
      })
      .toEqual(expectedAt(trace, index, this.#clock));
    return light ?? this.light();
  }

  /** What the picture of a moment shows in words, as a screen reader would be told. */
  told(part = 'picture'): Promise<string | null> {
    return this.part(part).locator('svg[aria-label]').first().getAttribute('aria-label');
  }

  async light(): Promise<Light> {
    return (await this.look()).light;
  }

  /** What stands wrongly in the kernel pane for an event, or nothing. @param light what the pane shows */
  async wrongLight(trace: Trace, index: number, light?: Light): Promise<string | null> {
    const expected = expectedLight(trace, index);
    const { open, text, isInView } = light ?? (await this.light());
    const where = `event ${index}`;
    if (!expected) return text ? `${where}: "${text}" is lit before any line decided` : null;
    if (open.join() !== expected.excerpt) return `${where}: ${open} is open, not ${expected.excerpt}`;
    if (!text.includes(expected.at)) return `${where}: "${text}" is lit, not "${expected.at}"`;
    return isInView ? null : `${where}: the lit line "${text}" is scrolled out of its pane`;
  }

  /** The lines that can be seen in a tool's pane (or could, were its tab the selected one). */
  async lines(tool: string): Promise<string[]> {
    return this.root
      .locator(`[data-tool="${tool}"]`)
      .evaluate((pane) =>
        [...pane.children]
          .filter((line) => getComputedStyle(line).display !== 'none')
          .map((line) => (line.textContent ?? '').replace(/\n$/, '')),
      );
  }

  /** Waits until a tool's pane shows these lines: a run that the page was not built with loads the tools first. */
  async prints(tool: string, lines: readonly (string | undefined)[], about = tool): Promise<void> {
    await expect.poll(() => this.lines(tool), about).toEqual(lines);
  }

  /** Chooses a preset and goes to its last beat. @param trace its run @returns the index of that beat */
  async runToEnd(id: string, trace: Trace): Promise<number> {
    await this.preset(id).click();
    await expect(this.preset(id)).toHaveAttribute('aria-pressed', 'true');
    await this.focus();
    await this.page.keyboard.press('End');
    const last = trace.beats.at(-1) ?? 0;
    await this.standsOn(trace, last);
    return last;
  }

  /** Presses Link. @returns what is in the clipboard then */
  async copiedLink(): Promise<string> {
    await this.button('link').click();
    await expect(this.notices).toContainText('copied');
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** Presses SVG. @returns what is in the file then */
  async savedSvg(path: string): Promise<string> {
    const download = this.page.waitForEvent('download');
    await this.button('svg').click();
    await (await download).saveAs(path);
    return readFileSync(path, 'utf8');
  }

  /** Where the cursor's line stands, as a share of the run. */
  async cursor(): Promise<number> {
    const x = await this.part('timeline').locator('[data-cursor]').getAttribute('x1');
    return Number.parseFloat(x ?? '') / 100;
  }
}
