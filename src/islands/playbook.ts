/** `<play-book>`: a playbook that is walked. An answer opens the next step; what was answered stays for the session. */
import { choose, type Fork, openSteps, START, type Walk } from '#site/playbook/walk.ts';
import { fillCommands } from './command-fields.ts';
import { keep, recall } from './kept.ts';

interface Answer {
  readonly item: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly more: HTMLElement;
}

interface Step extends Fork {
  readonly section: HTMLElement;
  readonly toggle: HTMLButtonElement;
  readonly body: HTMLElement;
  readonly answers: readonly Answer[];
  /** Shows the answers that were not chosen. */
  readonly others: HTMLButtonElement;
}

function button(content: Iterable<Node | string>, controls: string): HTMLButtonElement {
  const made = Object.assign(document.createElement('button'), { type: 'button' });
  made.append(...content);
  if (controls) made.setAttribute('aria-controls', controls);
  return made;
}

/** What an entry of the history keeps. */
interface Kept {
  readonly walk: Walk;
  /** The answer that was given here, and where its button stood in the window, in pixels. */
  readonly pressed?: { readonly step: string; readonly answer: number; readonly top: number };
}

const expand = (button: HTMLElement, is: boolean): void => button.setAttribute('aria-expanded', String(is));
const isExpanded = (button: HTMLElement): boolean => button.getAttribute('aria-expanded') === 'true';

class PlayBook extends HTMLElement {
  readonly #key = `playbook ${location.pathname}`;
  #steps: readonly Step[] = [];
  #walk: Walk = START;
  #emptyFields = (): void => {};

  connectedCallback(): void {
    if (this.#steps.length) return;
    this.#steps = [...this.querySelectorAll<HTMLElement>('.step')].map((section) => this.#stepOf(section));
    const left = recall('sessionStorage', this.#key) as Walk | null;
    this.#walk = left ?? START;
    this.querySelector('.again button')?.addEventListener('click', () => this.#startOver());
    const form = this.querySelector('.fields') as HTMLFormElement;
    this.#emptyFields = fillCommands(form, this.closest('article') ?? (this as Element));
    this.#show();
    this.#setMargins(form);
    addEventListener('resize', () => this.#setMargins(form));
    addEventListener('hashchange', () => this.#openTarget());
    addEventListener('popstate', ({ state }) => this.#goBack(state));
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    // What was folded was not there when the browser looked for the target. A reload has its own place, and what was left.
    if (!left || navigation?.type === 'navigate') this.#openTarget()?.scrollIntoView({ behavior: 'instant' });
  }

  #stepOf(section: HTMLElement): Step {
    const heading = section.querySelector('h3') as HTMLElement;
    const body = section.querySelector('.body') as HTMLElement;
    const toggle = button(heading.childNodes, body.id);
    heading.append(toggle);
    const list = section.querySelector('.answers');
    const others = button([], '');
    others.className = 'others';
    list?.after(others);
    const items = [...section.querySelectorAll<HTMLElement>('.answer')];
    const answers = items.map((item, i): Answer => {
      const more = item.querySelector('.more') as HTMLElement;
      more.id = `${heading.id}-answer-${i + 1}`;
      const choice = item.querySelector('.choice') as HTMLElement;
      const made = button(choice.childNodes, more.id);
      made.className = choice.className;
      choice.replaceWith(made);
      return { item, button: made, more };
    });
    const next = section.nextElementSibling?.querySelector('h3')?.id;
    const step: Step = {
      id: heading.id,
      leads: items.map(({ dataset }) => dataset.step),
      section,
      toggle,
      body,
      answers,
      others,
    };
    for (const [i, { item, button, more }] of answers.entries()) {
      const leads = more.querySelector('.leads') as HTMLElement;
      const to = document.getElementById(item.dataset.step ?? '');
      // The step below needs no link to it. What says more than its title is shown.
      if (to && to.id === next && leads.classList.contains('named')) leads.hidden = true;
      leads.classList.toggle(
        'up',
        Boolean(to && to.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING),
      );
      button.addEventListener('click', () => this.#choose(step, i));
    }
    toggle.addEventListener('click', () => this.#turn(step.id, !isExpanded(toggle)));
    others.addEventListener('click', () => {
      expand(others, !isExpanded(others));
      this.#show();
    });
    // A browser that finds a word in a folded step opens it.
    body.addEventListener('beforematch', () => this.#turn(step.id, true));
    return step;
  }

  #turn(id: string, isOpen: boolean): void {
    this.#walk = { ...this.#walk, byHand: { ...this.#walk.byHand, [id]: isOpen } };
    this.#show();
  }

  #choose(step: Step, answer: number): void {
    const { button, item } = step.answers[answer] as Answer;
    const { top } = button.getBoundingClientRect();
    const before = this.#walk;
    const wasOpen = openSteps(this.#steps, before);
    this.#walk = choose(before, step, answer);
    expand(step.others, false);
    this.#show();
    // What was pressed stays under the finger, whatever was folded above it.
    scrollBy({ top: button.getBoundingClientRect().top - top, behavior: 'instant' });
    const isChosen = this.#walk.answers[step.id] === answer;
    const target = isChosen ? this.#steps.find(({ id }) => id === step.leads[answer]) : undefined;
    const isBelow = target !== undefined && this.#steps.indexOf(target) > this.#steps.indexOf(step);
    // A step above that is open was read already: the way there is a link, and the reader stays.
    const goesTo = target && (isBelow || !wasOpen.has(target.id)) ? target : undefined;
    this.#remember({ walk: before, pressed: { step: step.id, answer, top } }, goesTo?.id ?? step.id);
    if (isChosen && !isBelow) item.scrollIntoView({ block: 'nearest' });
    if (!goesTo) return;
    goesTo.toggle.focus({ preventScroll: true });
    const place = isBelow ? goesTo.section.querySelector('pre') : goesTo.toggle.closest('h3');
    place?.scrollIntoView({ block: isBelow ? 'nearest' : 'start' });
  }

  /** The way back is one answer: the entry that is left keeps what was before it, the new one what is now. */
  #remember(left: Kept, id: string): void {
    const { state } = history;
    history.replaceState({ ...state, playbook: left }, '');
    history.pushState({ ...state, playbook: { walk: this.#walk } satisfies Kept }, '', `#${id}`);
  }

  #goBack(state: { playbook?: Kept } | null): void {
    const kept = state?.playbook;
    if (!kept) return;
    this.#walk = kept.walk;
    this.#show();
    const { step, answer = 0, top = 0 } = kept.pressed ?? {};
    const button = this.#steps.find(({ id }) => id === step)?.answers[answer]?.button;
    if (!button) return;
    const place = (): void =>
      scrollBy({ top: button.getBoundingClientRect().top - top, behavior: 'instant' });
    place();
    // A browser puts its own place and focus after this.
    requestAnimationFrame(() => {
      place();
      button.focus({ preventScroll: true });
    });
  }

  #startOver(): void {
    this.#walk = START;
    this.#emptyFields();
    this.#show();
    const { playbook: _, ...state } = history.state ?? {};
    history.replaceState(Object.keys(state).length ? state : null, '', location.pathname + location.search);
    const [first] = this.#steps;
    first?.toggle.focus({ preventScroll: true });
    first?.toggle.closest('h3')?.scrollIntoView();
  }

  /** What is scrolled to stops below the fields, however many lines they take; at the first step, the playbook’s heading. */
  #setMargins(form: HTMLElement): void {
    this.style.setProperty('--fields', `${form.offsetHeight}px`);
    const heading = this.#steps[0]?.toggle.closest('h3');
    const top = (this.previousElementSibling ?? this).getBoundingClientRect().top;
    if (heading) heading.style.scrollMarginTop = `${heading.getBoundingClientRect().top - top}px`;
  }

  /** Opens the step that the address names. @returns its heading */
  #openTarget(): HTMLElement | null {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const step = this.#steps.find(({ section }) => section.contains(target));
    if (step && !isExpanded(step.toggle)) this.#turn(step.id, true);
    return step ? target : null;
  }

  #show(): void {
    const open = openSteps(this.#steps, this.#walk);
    for (const { id, section, toggle, body, answers, others } of this.#steps) {
      const chosen = this.#walk.answers[id];
      section.classList.toggle('open', open.has(id));
      expand(toggle, open.has(id));
      if (open.has(id)) body.removeAttribute('hidden');
      else body.setAttribute('hidden', 'until-found');
      const isWhole = chosen === undefined || isExpanded(others);
      for (const [i, { item, button, more }] of answers.entries()) {
        item.classList.toggle('chosen', i === chosen);
        item.hidden = !isWhole && i !== chosen;
        expand(button, i === chosen);
        more.hidden = i !== chosen;
      }
      const count = answers.length - 1;
      others.hidden = chosen === undefined || count < 1;
      if (others.hidden) expand(others, false);
      others.textContent = isExpanded(others)
        ? 'This answer only'
        : `${count} other ${count === 1 ? 'answer' : 'answers'}`;
    }
    const { answers, byHand } = this.#walk;
    (this.querySelector('.again') as HTMLElement).hidden = !Object.keys({ ...answers, ...byHand }).length;
    keep('sessionStorage', this.#key, this.#walk);
  }
}

customElements.define('play-book', PlayBook);
