/**
 * Every beat of every preset, walked through once, with one look at all that the figure shows: what each view should
 * show there is read from the trace.
 */
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { connectionOf, machineOf } from '#simulations/machine/lookups.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { figure as connectTimeoutFigure } from '#site/figures/connect-timeout/index.ts';
import { eventOf, expectedLight, FigurePage, INITIAL, spaced, traceOf } from './figure-page.ts';
import { expect, test } from './site-page.ts';

/** What the views show, but for the words: the kernel's excerpts, the states, the gauges, the pictures, a tool. */
const lookAt = (figure: FigurePage) =>
  figure.root.evaluate((figure) => {
    const part = (name: string) => figure.querySelector(`[data-part="${name}"]`);
    const texts = (selector: string) =>
      [...figure.querySelectorAll(selector)].map(({ textContent }) => textContent ?? '');
    const words = figure.querySelector('[data-tool=words]');
    const newest = [...(words?.querySelectorAll('[data-last]') ?? [])];
    const [line, frame] = [newest[0], words].map((element) => element?.getBoundingClientRect());
    const next = newest[0]?.nextElementSibling;
    return {
      excerpts: [...figure.querySelectorAll<HTMLElement>('details[data-excerpt]')]
        .filter((excerpt) => excerpt.checkVisibility())
        .map((excerpt) => ({
          id: excerpt.dataset.excerpt ?? '',
          heading: excerpt.querySelector(':scope > summary')?.textContent ?? '',
        })),
      states: texts('.chart [data-state][data-now]'),
      gauges: texts('[data-part="gauges"] .gauge'),
      shares: [...figure.querySelectorAll('[data-part="gauges"] .fill')].map(
        (bar) => Number.parseFloat(bar.getAttribute('width') ?? '') / 100,
      ),
      variables: texts('[data-part="gauges"] .variables span'),
      parts: ['picture', 'timeline'].flatMap((view) =>
        [...(part(view)?.querySelectorAll<SVGElement>('[data-from]') ?? [])].map((element) => ({
          view,
          from: Number(element.dataset.from),
          until:
            element.dataset.until === undefined ? Number.POSITIVE_INFINITY : Number(element.dataset.until),
          phase: element.getAttribute('class'),
          isSeen:
            element.checkVisibility({ visibilityProperty: true }) &&
            Number(getComputedStyle(element).opacity) > 0.5,
        })),
      ),
      newest: {
        count: newest.length,
        isLast: !next || next.classList.contains('future'),
        isInView: Boolean(line && frame && line.top >= frame.top - 1 && line.bottom <= frame.bottom + 1),
      },
    };
  });
type Look = Awaited<ReturnType<typeof lookAt>>;

/** What each view should show at a beat of a run. */
function views(trace: Trace, beat: number) {
  const { at_us } = eventOf(trace, beat);
  const { gauges, variables } = connectTimeoutFigure.gauges(trace, beat, at_us);
  return {
    states: [connectionOf(machineOf(trace.worldAt(beat), 'client'))?.state ?? 'CLOSE'],
    gauges: gauges.map(({ label, value }) => label + value),
    shares: gauges.map(({ share }) => expect.closeTo(share, 3)),
    variables: variables.map(([name, value]) => `${name} ${value}`),
    newest: { count: 1, isLast: true, isInView: true },
  };
}

/** The parts of the pictures that are in the wrong phase, or are seen before their time. */
function wrongParts({ parts }: Look, trace: Trace, beat: number): string[] {
  const now_us = eventOf(trace, beat).at_us;
  return parts.flatMap(({ view, from, until, phase, isSeen }) => {
    const isNow = eventOf(trace, from).at_us === now_us;
    const expected = from > beat ? 'future' : until <= beat ? 'gone' : isNow ? 'now' : 'past';
    const isRight = phase === expected && isSeen === (expected === 'now' || expected === 'past');
    return isRight
      ? []
      : [`${view}: event ${from} is ${phase}, ${isSeen ? '' : 'not '}seen; not ${expected}`];
  });
}

/** Walks through a preset's beats with the keyboard, from the first. */
async function* beatsOf(figure: FigurePage, id: string, trace: Trace) {
  await figure.preset(id).click();
  await figure.focus();
  for (const [i, beat] of trace.beats.entries()) {
    if (i > 0) await figure.page.keyboard.press('ArrowRight');
    const light = await figure.litOn(trace, beat);
    yield { beat, light, seen: await lookAt(figure) };
  }
}

// The motion of the panes would have to be waited for.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const { id, label, given } of connectTimeout.presets)
  test(`at every beat of “${label}” each view shows what the trace has: sentence, kernel line, state, gauges, pictures, the newest line`, async ({
    page,
  }) => {
    const trace = traceOf(given);
    const figure = await FigurePage.open(page);
    await figure.root.getByRole('tab', { name: 'in words' }).click();
    for await (const { beat, light, seen } of beatsOf(figure, id, trace)) {
      const where = `event ${beat}`;
      expect.soft(await figure.wrongLight(trace, beat, light), where).toBeNull();
      const { excerpts, states, gauges, shares, variables, newest } = seen;
      const excerpt = expectedLight(trace, beat)?.excerpt;
      if (excerpt)
        expect
          .soft(
            excerpts.map(({ id }) => id),
            where,
          )
          .toEqual([excerpt]);
      for (const { heading } of excerpts)
        expect.soft(spaced(heading), where).toMatch(/:\d+–\d+ · Linux \d+\.\d+\.\d+ · GPL-2\.0/);
      expect.soft({ states, gauges, shares, variables, newest }, where).toEqual(views(trace, beat));
      expect.soft(wrongParts(seen, trace, beat), where).toEqual([]);
      for (const view of ['picture', 'timeline'])
        expect.soft(seen.parts.filter((part) => part.view === view).length, view).toBeGreaterThan(2);
      if (id === INITIAL) await expect(figure.part('picture').locator('.now').last()).toBeInViewport();
    }
  });
