/**
 * `<tcp-states>`: the explorer. Every action runs the whole history again, so undo, tours and links are one thing.
 * The markup is already there, drawn at build time at the first tour’s beginning.
 */
import { clockTime } from '#simulations/engine/duration.ts';
import { tcpStates } from '#simulations/reference/tcp-states/simulation.ts';
import type { KernelMark } from '#simulations/trace/event.ts';
import { account, changes, deciding } from '../explorer/account.ts';
import { placeOf, queryOf } from '../explorer/address.ts';
import { tokenStyle } from '../explorer/diagram.ts';
import { ladder, obstacles, sockets, stateWords, waitLabel, wire } from '../explorer/markup.ts';
import { ENDS, type Moment, momentAt, type WalkTrace } from '../explorer/moment.ts';
import { act, moveTo, onTour, START, tourOf, type Walk } from '../explorer/walk.ts';
import { sentence } from '../views/sentence.ts';
import { escapeText } from '../views/svg.ts';
import { KernelPane } from './kernel-pane.ts';
import { isTyping } from './keys.ts';

/** What a button is known by, so that the focus finds its way back after a redrawing. */
const KEYS = ['act', 'do', 'step', 'tour'] as const;

class TcpStates extends HTMLElement {
  #walk: Walk = START;
  #trace!: WalkTrace;
  #ran = '';
  #kernel!: KernelPane;

  connectedCallback(): void {
    this.#kernel = new KernelPane(this.#part('kernel'));
    this.#listen();
    const { walk, problems } = placeOf(location.search);
    this.#go(walk, false);
    this.#notify(problems);
    this.classList.add('ready');
    this.dispatchEvent(new Event('ready'));
  }

  /** Shows a walk, and writes it into the address. */
  #go(walk: Walk, isWritten = true): void {
    this.#walk = walk;
    const history = walk.history.join(',');
    if (history !== this.#ran || !this.#trace) {
      this.#trace = tcpStates.run({ history });
      this.#ran = history;
    }
    this.#draw(momentAt(this.#trace, walk.at));
    this.#notify([]);
    if (isWritten) window.history.replaceState(null, '', queryOf(walk) + location.hash);
  }

  #draw(moment: Moment): void {
    const focused = this.#focused();
    this.#say(moment);
    this.#drawTour();
    this.#drawEnds(moment);
    this.#part('wire').innerHTML = wire(moment.inFlight);
    this.#part('sockets').innerHTML = sockets(moment);
    this.#drawSteps();
    this.#light(moment);
    const wait = this.#button('act', 'wait');
    wait.textContent = waitLabel(moment);
    this.#allow(wait, moment.timer ? null : 'No timer runs at either end');
    const { at, history } = this.#walk;
    this.#allow(this.#button('do', 'undo'), at > 0 ? null : 'Nothing has been done');
    this.#allow(this.#button('do', 'redo'), at < history.length ? null : 'Nothing has been undone');
    this.#refocus(focused);
  }

  #say(moment: Moment): void {
    const { at, history, tour } = this.#walk;
    this.#part('time').textContent = clockTime(moment.at_us);
    const remark = tourOf(tour)?.remarks[at];
    const says =
      sentence(account(moment)) + (remark ? ` <span class="remark">${escapeText(remark)}</span>` : '');
    const place = this.#part('sentence');
    // A sentence that is set again would be read out again.
    if (place.dataset.says !== says || place.dataset.at !== String(at)) {
      place.dataset.says = says;
      place.dataset.at = String(at);
      place.innerHTML = says;
    }
    this.#part('count').textContent = `step ${at} of ${history.length}`;
  }

  #drawTour(): void {
    const { at, history, tour: id } = this.#walk;
    const tour = tourOf(id);
    for (const chip of this.querySelectorAll<HTMLElement>('[data-tour]'))
      chip.setAttribute('aria-pressed', String(chip.dataset.tour === id));
    const isOver = at === history.length;
    this.#part('tour-help').textContent = tour
      ? isOver
        ? `The tour is over. Now you: ${tour.next}`
        : tour.help
      : 'Your own way. Every step is in the link.';
    this.#allow(this.#button('do', 'back'), at > 0 ? null : 'This is the beginning');
    this.#allow(this.#button('do', 'next'), isOver ? 'This is the end' : null);
  }

  #drawEnds(moment: Moment): void {
    for (const name of ENDS) {
      const end = moment[name];
      const { state, rest } = stateWords(end);
      this.#part(`${name}-state`).textContent = state;
      this.#part(`${name}-rest`).textContent = rest;
      for (const [action, reason] of obstacles(end)) this.#allow(this.#button('act', action), reason);
      this.#token(name, end.connection ?? (end.hasListener ? 'LISTEN' : 'CLOSE'));
      const ghost = this.querySelector(`[data-token="${name}-listener"]`);
      ghost?.toggleAttribute('hidden', !end.hasListener || end.connection === null);
      ghost?.setAttribute('style', tokenStyle('listener', 'LISTEN'));
    }
    const now = new Set(ENDS.map((name) => stateWords(moment[name]).state));
    for (const state of this.querySelectorAll<SVGElement>('[data-state]'))
      state.toggleAttribute('data-now', now.has(state.dataset.state ?? ''));
    const taken = new Set(changes(moment.events).map(({ from, to }) => `${from} ${to}`));
    for (const arrow of this.querySelectorAll<SVGElement>('[data-arrow]')) {
      const isTaken = taken.has(arrow.dataset.arrow ?? '');
      arrow.toggleAttribute('data-now', isTaken);
      // Arrows share their way to CLOSE: the lit one lies on top.
      if (isTaken) arrow.parentNode?.append(arrow);
    }
    this.#follow([...taken].at(-1)?.split(' ')[1] ?? [...now].at(-1));
  }

  #token(name: 'client' | 'server', state: string): void {
    this.querySelector(`[data-token="${name}"]`)?.setAttribute('style', tokenStyle(name, state));
  }

  /** On a narrow screen the diagram scrolls; what happens now is brought into view. */
  #follow(state: string | undefined): void {
    const pane = this.#part('diagram');
    if (pane.scrollWidth <= pane.clientWidth) return;
    const box = pane.querySelector(`[data-state="${state}"]`)?.getBoundingClientRect();
    if (!box) return;
    const { left, width } = pane.getBoundingClientRect();
    pane.scrollLeft += box.left + box.width / 2 - left - width / 2;
  }

  #drawSteps(): void {
    const list = this.#part('steps');
    const { at, history } = this.#walk;
    if (list.dataset.drawn !== this.#ran) {
      list.dataset.drawn = this.#ran;
      list.innerHTML = ladder(this.#trace, history.length);
    }
    for (const button of list.querySelectorAll<HTMLElement>('[data-step]')) {
      const step = Number(button.dataset.step);
      button.classList.toggle('undone', step > at);
      if (step === at) button.setAttribute('aria-current', 'step');
      else button.removeAttribute('aria-current');
    }
    const here = list.querySelector<HTMLElement>('[aria-current]');
    if (!here) return;
    const { top, bottom } = list.getBoundingClientRect();
    const row = here.getBoundingClientRect();
    if (row.bottom > bottom) list.scrollTop += row.bottom - bottom + 8;
    else if (row.top < top) list.scrollTop -= top - row.top + 8;
  }

  #light(moment: Moment): void {
    const event = deciding(moment, ({ mark }) => this.#hasMark(mark));
    const earlier = this.#trace.events.findLast(
      ({ index, mark }) => index <= moment.cursor && this.#hasMark(mark),
    );
    const lit = event ?? earlier ?? null;
    this.#kernel.show(lit ? [lit] : [], lit?.index ?? 0);
    this.#part('kernel').classList.toggle('earlier', event === null);
    const missing = this.#part('no-excerpt');
    const isMissing = lit !== null && !this.#hasMark(lit.mark);
    missing.hidden = lit !== null && !isMissing;
    missing.textContent = isMissing
      ? `${lit.mark?.split(':')[0]}() decides this. This build has no excerpt of it.`
      : 'No kernel line has decided anything yet.';
  }

  /** Lights a line that the table of transitions names. */
  #lightMark(mark: KernelMark): void {
    this.#kernel.show([{ index: 0, at_us: 0, mark, decision: null }], 0);
    this.#part('no-excerpt').hidden = true;
    this.#part('kernel').classList.remove('earlier');
    this.#part('kernel').scrollIntoView({ block: 'center' });
  }

  #hasMark(mark: KernelMark | null): boolean {
    const [id, name] = mark?.split(':') ?? [];
    const marks = this.querySelector<HTMLElement>(`[data-excerpt="${id}"]`)?.dataset.marks;
    return marks !== undefined && Object.hasOwn(JSON.parse(marks), name ?? '');
  }

  #listen(): void {
    this.addEventListener('click', (event) => {
      const button = (event.target as Element).closest<HTMLElement>('button');
      if (!button || !this.contains(button)) return;
      if (button.ariaDisabled === 'true') {
        this.#notify([`${button.title.replace(/\.$/, '')}.`]);
        return;
      }
      const { act: action, do: what, step, tour } = button.dataset;
      if (action) this.#go(act(this.#walk, action));
      else if (step) this.#go(moveTo(this.#walk, Number(step)));
      else if (tour) this.#go(onTour(tour));
      else if (what) this.#do(what);
    });
    this.addEventListener('keydown', (event) => {
      if (isTyping(event) || event.shiftKey) return;
      const what = {
        d: 'deliver',
        u: 'undo',
        r: 'redo',
        w: 'wait',
        l: 'link',
        ArrowRight: 'next',
        ArrowLeft: 'back',
      }[event.key];
      if (!what) return;
      event.preventDefault();
      this.#do(what);
    });
    document.addEventListener('click', (event) => {
      const link = (event.target as Element).closest<HTMLElement>('a[data-mark]');
      const mark = link?.dataset.mark as KernelMark | undefined;
      if (!mark || !this.#hasMark(mark)) return;
      event.preventDefault();
      this.#lightMark(mark);
    });
    document.addEventListener('click', (event) => {
      const link = (event.target as Element).closest<HTMLElement>('a[data-walk]');
      if (!link) return;
      event.preventDefault();
      const { walk, problems } = placeOf(link.dataset.walk ?? '');
      this.#go(walk);
      this.#notify(problems);
      this.scrollIntoView();
      this.focus({ preventScroll: true });
    });
  }

  #do(what: string): void {
    const { at } = this.#walk;
    if (what === 'link') this.#copyLink();
    else if (what === 'reset') this.#go(START);
    else if (what === 'wait') {
      const wait = this.#button('act', 'wait');
      if (wait.ariaDisabled === 'true') this.#notify([`${wait.title}.`]);
      else this.#go(act(this.#walk, 'wait'));
    } else if (what === 'deliver') {
      const [first] = momentAt(this.#trace, at).inFlight;
      if (first) this.#go(act(this.#walk, `deliver.${first.number}`));
      else this.#notify(['Nothing is on its way.']);
    } else if (what === 'undo' || what === 'back') this.#go(moveTo(this.#walk, at - 1));
    else this.#go(moveTo(this.#walk, at + 1));
  }

  async #copyLink(): Promise<void> {
    const url = new URL(queryOf(this.#walk), location.href);
    url.hash = 'explorer';
    window.history.replaceState(null, '', url);
    try {
      await navigator.clipboard.writeText(url.href);
      this.#notify(['Link copied: it holds every step.']);
    } catch {
      this.#notify(['The link is in the address bar.']);
    }
  }

  #allow(button: HTMLElement, reason: string | null): void {
    button.dataset.title ??= button.title;
    button.title = reason ?? button.dataset.title;
    if (reason) button.ariaDisabled = 'true';
    else button.removeAttribute('aria-disabled');
  }

  #notify(lines: readonly string[]): void {
    this.#part('notices').innerHTML = lines.map((line) => `<p>${escapeText(line)}</p>`).join('');
  }

  /** The selector of the button that has the focus, when a redrawing may take it away. */
  #focused(): string | null {
    const active = document.activeElement as HTMLElement | null;
    if (!active || active === this || !this.contains(active)) return null;
    const key = KEYS.find((key) => active.dataset[key] !== undefined);
    return key ? `[data-${key}="${active.dataset[key]}"]` : null;
  }

  /** A button that is gone hands the focus to what stands in its place. */
  #refocus(selector: string | null): void {
    if (!selector || this.contains(document.activeElement)) return;
    const [, action] = /data-act="(deliver|drop|delay|duplicate)\./.exec(selector) ?? [];
    const next =
      this.querySelector<HTMLElement>(selector) ??
      this.querySelector<HTMLElement>(`[data-act^="${action}."]`) ??
      this;
    next.focus({ preventScroll: true });
  }

  #part<T extends HTMLElement = HTMLElement>(name: string): T {
    return this.querySelector(`[data-part="${name}"]`) as T;
  }

  #button(key: 'act' | 'do', value: string): HTMLElement {
    return this.querySelector(`[data-${key}="${value}"]`) as HTMLElement;
  }
}

customElements.define('tcp-states', TcpStates);
