/**
 * `<simulation-figure>`: runs the simulation in the browser and moves the cursor through its trace.
 * The markup is already there, drawn at build time; this only redraws it for another run.
 */
import { clockTime } from '#simulations/engine/duration.ts';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { count } from '#simulations/engine/wording.ts';
import type { Simulation } from '#simulations/simulation.ts';
import { plain, type TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import type { LiveFigure } from '../figures/figure.ts';
import { liveFigureOf } from '../figures/live.ts';
import { drawGauges } from '../views/gauges.ts';
import { kernelNote } from '../views/kernel-note.ts';
import { sentence } from '../views/sentence.ts';
import { escapeText } from '../views/svg.ts';
import { drawTimeline, endOf } from '../views/timeline.ts';
import { type Place, queryOf } from './address.ts';
import { KernelPane } from './kernel-pane.ts';
import { keyAction } from './keys.ts';
import { ParameterForm } from './parameter-form.ts';
import { Parts } from './parts.ts';
import { PicturePane } from './picture-pane.ts';
import type { Player } from './player.ts';
import { RegionTable } from './region-table.ts';
import { RunMaker } from './run-maker.ts';
import { savePcap, saveSvg } from './save.ts';
import { Tabs } from './tabs.ts';
import { nextTask } from './task.ts';
import { ToolPanes } from './tool-panes.ts';

/**
 * How long the address and its entry in the history wait for the next keystroke, in ms: a browser allows only so many
 * changes of them.
 */
const ADDRESS_PAUSE_ms = 400;

const presetOf = ({ presets }: Simulation, id: string): Given =>
  presets.find((preset) => preset.id === id)?.given ?? {};

class SimulationFigure extends HTMLElement {
  #figure!: LiveFigure;
  #trace!: Trace;
  #given: Given = {};
  #compared: { trace: Trace; given: Given } | null = null;
  #cursor = 0;
  #at_us = 0;
  #isVisible = false;
  #kernel!: KernelPane;
  #form!: ParameterForm;
  #tools!: ToolPanes;
  #picture!: PicturePane;
  #comparedPicture!: PicturePane;
  #regions: RegionTable | null = null;
  #end_us = 0;
  #addressLater: ReturnType<typeof setTimeout> | undefined;
  #rememberLater: ReturnType<typeof setTimeout> | undefined;
  /** None before the run has been played. */
  #player: Player | undefined;
  readonly #maker = new RunMaker((events) => this.#tellMaking(events));
  readonly #parts = new Parts();
  readonly #comparedParts = new Parts();

  async connectedCallback(): Promise<void> {
    const load = liveFigureOf(this.dataset.simulation ?? '');
    if (!load) return;
    this.#figure = await load.figure();
    this.#kernel = new KernelPane(this.#part('kernel'));
    this.#tools = new ToolPanes(this, load.tools);
    new Tabs(this.querySelector('[role=tablist]') as HTMLElement, () => this.#tools.open());
    const { picture, regions } = this.#figure;
    this.#picture = new PicturePane(this.#part('picture'), picture, true);
    this.#comparedPicture = new PicturePane(this.#part('picture-a'), picture, false);
    if (regions) this.#regions = new RegionTable(this.#part('regions'), regions);
    this.#form = new ParameterForm(
      this.#part('form'),
      this.#figure.simulation.parameters,
      async (given, problems, isSound) => {
        this.#notify(problems.map(({ message }) => `${message}.`));
        if (isSound && (await this.run(given))) this.#writeAddressLater();
      },
    );
    this.#listen();
    const left = history.state?.event;
    await this.#open(location.search);
    // A reload, and the way back from another page, lead to the moment that was left.
    if (left >= 0 && left < this.#trace.events.length) this.#show(left);
    this.#part<HTMLInputElement>('scrub').disabled = false;
    this.classList.add('ready');
    this.dispatchEvent(new Event('ready'));
  }

  /**
   * Runs the simulation with these parameters, from its first beat.
   * @returns whether the page shows it: a run that is too large is not made, and the present one stays
   */
  async run(given: Given): Promise<boolean> {
    const problem = await this.#simulate(given);
    if (problem) this.#notify([problem]);
    if (problem !== null) return false;
    this.#draw();
    this.#show(this.#trace.beats[0] ?? 0);
    return true;
  }

  /** @returns null, or why there is no such run; '' where another one was chosen meanwhile */
  async #simulate(given: Given): Promise<string | null> {
    this.#player?.stop();
    const { simulation } = this.#figure;
    const { values, given: sound } = settleParameters(simulation.parameters, given);
    const made = await this.#maker.make(simulation, values);
    if (made === null || typeof made === 'string') return made ?? '';
    this.#given = sound;
    this.#trace = made;
    return null;
  }

  #tellMaking(events: number | null): void {
    const place = this.#part('making');
    place.hidden = events === null;
    place.textContent = events === null ? '' : `The simulation runs: ${count(events)} events so far.`;
  }

  /** Goes to the place that a link's query names. A slow phone does it in three tasks, and can scroll between them. */
  async #open(search: string): Promise<void> {
    const { simulation, initial, picture } = this.#figure;
    const loaded = search ? await import('./place.ts').catch(() => null) : null;
    const place: Place = loaded?.placeOf(search, simulation, initial) ?? {
      given: presetOf(simulation, initial),
      event: null,
      run: null,
      compared: null,
      problems: search ? ['This link could not be followed. Reload the page.'] : [],
    };
    const problems = [...place.problems];
    if (place.compared) problems.push(...(await this.#pin(place.compared)));
    const problem = await this.#simulate(place.given);
    if (problem === '') return;
    if (problem) {
      problems.push(problem);
      await this.#simulate(presetOf(simulation, initial));
    }
    await nextTask();
    this.#draw();
    this.#form.show(this.#given);
    await nextTask();
    if (place.run !== null && place.run !== this.#trace.hash)
      problems.push(
        'The simulation has changed since this link was made: the same parameters now give another run.',
      );
    const { events, beats } = this.#trace;
    const last = events.length - 1;
    if (Number(place.event) > last)
      problems.push(`The link leads to a moment after the end: this run has ${last + 1} events.`);
    // Two pictures of one moment differ most at the end.
    const start = place.compared && picture.shows === 'moment' ? beats.at(-1) : beats[0];
    this.#show(Math.min(place.event ?? start ?? 0, last));
    this.#notify(problems);
  }

  #draw(): void {
    const { simulation, initial, picture, timeline, strip } = this.#figure;
    const a = this.#compared?.trace;
    this.#picture.draw(this.#trace, a);
    this.#part('legend').innerHTML = picture.legend(this.#trace);
    this.#part('timeline').innerHTML = drawTimeline(this.#trace, timeline);
    if (strip) this.#part('strip').innerHTML = strip.draw(this.#trace, a);
    this.#end_us = endOf(this.#trace, timeline);
    this.#part<HTMLInputElement>('scrub').max = String(this.#end_us);
    this.#parts.collect([this.#part('timeline'), ...(strip ? [this.#part('strip')] : [])]);
    this.#drawCompared(a);
    const preset = simulation.presets.find(({ given }) => this.#isGiven(given));
    this.#tools.draw(this.#trace, preset?.id === initial);
    for (const button of this.querySelectorAll<HTMLElement>('[data-preset]'))
      button.setAttribute('aria-pressed', String(button.dataset.preset === preset?.id));
    this.#part('kernel-note').textContent = kernelNote(this.#trace.parameters, this.dataset.series ?? '');
    this.#part('preset-help').textContent = preset?.help ?? 'Your own parameters.';
    this.#part('outcome').textContent = this.#figure
      .summary(this.#trace)
      .map(([name, value]) => `${name} ${value}`)
      .join(' · ');
  }

  #drawCompared(a: Trace | undefined): void {
    const section = this.#part('compared');
    section.hidden = !a;
    this.classList.toggle('comparing', Boolean(a));
    const button = this.querySelector('[data-do=compare]') as HTMLElement;
    button.setAttribute('aria-pressed', String(Boolean(a)));
    this.#part('compare').textContent = a ? 'Unpin A' : 'Compare';
    this.#comparedPicture.draw(a ?? null, this.#trace);
    const { strip } = this.#figure;
    if (strip) {
      this.#part('strip-a').hidden = !a;
      this.#part('strip-a').innerHTML = a ? strip.draw(a, this.#trace) : '';
    }
    this.#comparedParts.collect(strip ? [this.#part('strip-a')] : []);
    if (a) this.#summarise(a, this.#trace);
  }

  /** What differs between two runs, once what writes it is loaded. */
  async #summarise(a: Trace, b: Trace): Promise<void> {
    const { comparison } = await import('../views/comparison.ts');
    if (this.#compared?.trace === a && this.#trace === b)
      this.#part('summary').innerHTML = comparison(this.#figure, a, b);
  }

  /** Moves the cursor. @param at_us the moment, when it is later than the event @param beat the event to speak of */
  #show(index: number, at_us = this.#trace.events[index]?.at_us ?? 0, beat = index): void {
    const { events, beats } = this.#trace;
    this.#cursor = index;
    this.#at_us = at_us;
    clearTimeout(this.#rememberLater);
    this.#rememberLater = setTimeout(
      () => history.replaceState({ ...history.state, event: this.#cursor }, ''),
      ADDRESS_PAUSE_ms,
    );
    this.#picture.show(index, at_us);
    this.#parts.show(events, index);
    this.#showCompared(at_us);
    this.#tools.show(index);
    this.#say(beat, at_us);
    const passed_share = Math.min(100, (100 * at_us) / this.#end_us);
    const cursor = this.querySelector('[data-cursor]');
    cursor?.setAttribute('x1', `${passed_share}%`);
    cursor?.setAttribute('x2', `${passed_share}%`);
    for (const veil of this.querySelectorAll('[data-veil]')) {
      veil.setAttribute('x', `${passed_share}%`);
      veil.setAttribute('width', `${100 - passed_share}%`);
    }
    const scrub = this.#part<HTMLInputElement>('scrub');
    scrub.value = String(Math.min(at_us, this.#end_us));
    scrub.setAttribute('aria-valuetext', `${this.#clock(at_us)}: ${plain(this.#sentenceOf(events[beat]))}`);
    this.#part('gauges').innerHTML = drawGauges(this.#figure.gauges(this.#trace, index, at_us));
    this.#regions?.show(this.#trace, index);
    this.#showCharts(index);
    this.#kernel.show(events, index);
    const passed = beats.filter((at) => at <= index).length;
    this.#part('count').textContent =
      `event ${index + 1} of ${events.length} · beat ${passed} of ${beats.length}`;
  }

  #sentenceOf(event: TraceEvent | undefined): string {
    return event ? `${this.#figure.speaker?.(event) ?? ''}${event.says}` : '';
  }

  #say(index: number, at_us: number): void {
    this.#part('time').textContent = this.#clock(at_us);
    const says = sentence(this.#sentenceOf(this.#trace.events[index]));
    const place = this.#part('sentence');
    if (place.dataset.says !== says) {
      place.dataset.says = says;
      place.innerHTML = says;
    }
  }

  #showCompared(at_us: number): void {
    const a = this.#compared?.trace;
    if (!a) return;
    // Where this run has more to come at this very moment, what the other did at it is to come as well.
    const { events } = this.#trace;
    const hasMore = at_us === events[this.#cursor]?.at_us && at_us === events[this.#cursor + 1]?.at_us;
    const before = a.events.findLastIndex((event) => (hasMore ? event.at_us < at_us : event.at_us <= at_us));
    const index = Math.max(before, a.beats[0] ?? 0);
    this.#comparedPicture.show(index, at_us);
    this.#comparedParts.show(a.events, index);
  }

  #showCharts(index: number): void {
    const { worldAt } = this.#trace;
    for (const { region, stateIn } of this.#figure.charts) {
      const chart = this.querySelector<HTMLElement>(`[data-chart="${region}"]`);
      if (!chart) continue;
      const now = stateIn(worldAt(index));
      let before = index;
      while (before > 0 && stateIn(worldAt(before)) === now) before--;
      const from = stateIn(worldAt(before));
      for (const state of chart.querySelectorAll<SVGElement>('[data-state]'))
        state.toggleAttribute('data-now', state.dataset.state === now);
      for (const arrow of chart.querySelectorAll<SVGElement>('[data-arrow]'))
        arrow.toggleAttribute('data-now', arrow.dataset.arrow === `${from} ${now}`);
    }
  }

  #listen(): void {
    this.addEventListener('click', (event) => {
      const button = (event.target as Element).closest<HTMLElement>('[data-do], [data-preset]');
      if (button?.dataset.do) this.#do(button.dataset.do);
      if (button?.dataset.preset) this.#runPreset(button.dataset.preset);
    });
    document.addEventListener('click', async (event) => {
      const link = (event.target as Element).closest<HTMLElement>('a[data-run]');
      if (!link) return;
      event.preventDefault();
      await this.#open(`?${link.dataset.run}`);
      this.#writeAddress({ event: null, run: null }, location.hash);
      this.scrollIntoView({ behavior: this.#isStill() ? 'auto' : 'smooth' });
      this.focus({ preventScroll: true });
    });
    document.addEventListener('keydown', (event) => {
      const action = this.#isVisible ? keyAction(event, this) : null;
      if (!action) return;
      event.preventDefault();
      if (action.startsWith('preset ')) {
        const preset = this.#figure.simulation.presets[Number(action.slice(7)) - 1];
        if (preset) this.#runPreset(preset.id);
      } else this.#do(action);
    });
    this.#part<HTMLInputElement>('scrub').addEventListener('input', ({ target }) =>
      this.#seek(Number((target as HTMLInputElement).value)),
    );
    // What is typed is in the address at the latest when the field is left.
    this.#part('form').addEventListener('change', () => this.#writeAddressNow());
    // The two pictures share one scale, so they scroll as one.
    this.#part('picture').addEventListener('scroll', ({ target }) => {
      this.#part('picture-a').scrollTop = (target as HTMLElement).scrollTop;
    });
    new IntersectionObserver(([entry]) => {
      this.#isVisible = entry?.isIntersecting ?? false;
      if (!this.#isVisible) this.#pause();
    }).observe(this);
  }

  #do(action: string): void {
    const { events, beats } = this.#trace;
    const last = events.length - 1;
    if (action === 'play') {
      this.#togglePlay();
      return;
    }
    if (action === 'compare') this.#toggleCompare();
    else if (action === 'link') this.#copyLink();
    else if (action === 'svg') this.#saveSvg();
    else if (action === 'pcap') savePcap(this.#trace);
    else {
      this.#pause();
      const to = {
        first: beats[0] ?? 0,
        last: beats.at(-1) ?? last,
        event: Math.min(last, this.#cursor + 1),
        'event-back': Math.max(0, this.#cursor - 1),
        beat: beats.find((index) => index > this.#cursor) ?? this.#cursor,
        'beat-back': beats.findLast((index) => index < this.#cursor) ?? 0,
      }[action];
      if (to !== undefined) this.#show(to);
    }
  }

  #seek(at_us: number): void {
    this.#pause();
    const { events } = this.#trace;
    const last = events.at(-1);
    // What comes after the end of the time line belongs to its end.
    if (last && last.at_us > this.#end_us && at_us >= this.#end_us) {
      this.#show(last.index);
      return;
    }
    const index = Math.max(
      0,
      events.findLastIndex((event) => event.at_us <= at_us),
    );
    // A picture of the moment goes with the moment's words.
    const isMoment = this.#figure.picture.shows === 'moment';
    const beat = isMoment ? index : this.#trace.beats.findLast((beat) => beat <= index);
    this.#show(index, at_us, beat ?? index);
  }

  async #togglePlay(): Promise<void> {
    this.#player ??= new (await import('./player.ts')).Player();
    if (this.#player.isPlaying) {
      this.#pause();
      return;
    }
    const { beats } = this.#trace;
    const isAtEnd = this.#cursor >= (beats.at(-1) ?? 0);
    const speed = this.#part<HTMLSelectElement>('speed');
    this.#part('play').textContent = 'Pause';
    this.#player.play(
      this.#trace,
      isAtEnd ? 0 : this.#cursor,
      () => Number(speed.value),
      this.#isStill(),
      (index, at_us, beat) => this.#show(index, at_us, beat),
      () => this.#pause(),
    );
  }

  #pause(): void {
    this.#player?.stop();
    this.#part('play').textContent = 'Play';
  }

  async #runPreset(id: string): Promise<void> {
    const preset = this.#figure.simulation.presets.find((preset) => preset.id === id);
    if (!preset) return;
    this.#pause();
    const at_us = this.#at_us;
    if (!(await this.run(preset.given))) return;
    // Two pictures of a moment are compared at the same moment.
    if (this.#compared && this.#figure.picture.shows === 'moment') this.#seek(at_us);
    this.#form.show(this.#given);
    this.#notify([]);
    this.#writeAddress({ event: null, run: null }, location.hash);
  }

  /** Sets a run beside the present one. @returns what was wrong with it */
  async #pin(given: Given): Promise<string[]> {
    const { simulation } = this.#figure;
    const made = await this.#maker.make(simulation, settleParameters(simulation.parameters, given).values);
    if (typeof made === 'string') return [`Run A: ${made}`];
    if (made) this.#compared = { given, trace: made };
    return [];
  }

  #toggleCompare(): void {
    this.#pause();
    if (this.#compared) this.#compared = null;
    else this.#compared = { trace: this.#trace, given: this.#given };
    const cursor = this.#cursor;
    this.#draw();
    this.#show(cursor);
    if (this.#compared) this.#notify(['This run is pinned as A. Choose another run to set beside it.']);
    else this.#notify([]);
  }

  /** The address after the last of many changes that follow each other closely. */
  #writeAddressLater(): void {
    clearTimeout(this.#addressLater);
    this.#addressLater = setTimeout(() => this.#writeAddressNow(), ADDRESS_PAUSE_ms);
  }

  #writeAddressNow(): void {
    if (this.#addressLater !== undefined) this.#writeAddress({ event: null, run: null }, location.hash);
  }

  /** Puts this run, and a moment of it, into the address bar. @returns the whole address */
  #writeAddress(moment: { event: number | null; run: string | null }, hash: string): string {
    clearTimeout(this.#addressLater);
    this.#addressLater = undefined;
    const compared = this.#compared?.given ?? null;
    const url = `${location.origin}${location.pathname}${queryOf({ given: this.#given, compared, ...moment })}${hash}`;
    history.replaceState({ ...history.state, event: this.#cursor }, '', url);
    return url;
  }

  async #copyLink(): Promise<void> {
    const url = this.#writeAddress({ event: this.#cursor, run: this.#trace.hash }, `#${this.id}`);
    try {
      await navigator.clipboard.writeText(url);
      this.#notify(['The link to this run and moment is copied.']);
    } catch {
      this.#notify([`The clipboard is closed to this page. The address bar now holds the link: ${url}`]);
    }
  }

  #saveSvg(): void {
    const { picture } = this.#figure;
    const markup =
      picture.shows === 'run'
        ? picture.draw(this.#trace)
        : picture.draw(this.#trace, this.#cursor, this.#at_us);
    saveSvg(this.#trace, markup);
  }

  #notify(lines: readonly string[]): void {
    this.#part('notices').innerHTML = lines.map((line) => `<p>${escapeText(line)}</p>`).join('');
  }

  #clock(us: number): string {
    return (this.#figure.clock ?? clockTime)(us);
  }

  #isGiven(given: Given): boolean {
    const names = new Set([...Object.keys(given), ...Object.keys(this.#given)]);
    return [...names].every((name) => given[name] === this.#given[name]);
  }

  #isStill(): boolean {
    return matchMedia('(prefers-reduced-motion: reduce)').matches;
  }

  #part<T extends HTMLElement = HTMLElement>(name: string): T {
    return this.querySelector(`[data-part="${name}"]`) as T;
  }
}

customElements.define('simulation-figure', SimulationFigure);
