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

const expand = (button: HTMLElement, is: boolean): void => button.setAttribute('aria-expanded', String(is));
const isExpanded = (button: HTMLElement): boolean => button.getAttribute('aria-expanded') === 'true';

class PlayBook extends HTMLElement {
  readonly #key = `playbook ${location.pathname}`;
  #steps: readonly Step[] = [];
  #walk: Walk = START;

  connectedCallback(): void {
    if (this.#steps.length) return;
    this.#steps = [...this.querySelectorAll<HTMLElement>('.step')].map((section) => this.#stepOf(section));
    const left = recall('sessionStorage', this.#key) as Walk | null;
    this.#walk = left ?? START;
    this.querySelector('.again button')?.addEventListener('click', () => this.#startOver());
    fillCommands(
      this.querySelector('.fields') as HTMLFormElement,
      this.closest('article') ?? (this as Element),
    );
    this.#show();
    addEventListener('hashchange', () => this.#openTarget());
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
      // The step below needs no link to it.
      if (item.dataset.step === next) (more.querySelector('.leads') as HTMLElement).hidden = true;
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
    const { button } = step.answers[answer] as Answer;
    const before = button.getBoundingClientRect().top;
    this.#walk = choose(this.#walk, step, answer);
    expand(step.others, false);
    this.#show();
    // What was pressed stays under the finger, whatever was folded above it.
    scrollBy({ top: button.getBoundingClientRect().top - before, behavior: 'instant' });
    if (this.#walk.answers[step.id] !== answer) return;
    const target = this.#steps.find(({ id }) => id === step.leads[answer]);
    if (!target) return;
    // The way back leads to where the answer was given.
    if (location.hash !== `#${target.id}`) history.pushState(history.state, '', `#${target.id}`);
    target.toggle.focus({ preventScroll: true });
    const isBelow = this.#steps.indexOf(target) > this.#steps.indexOf(step);
    const place = isBelow ? target.section.querySelector('pre') : target.section;
    place?.scrollIntoView({ block: isBelow ? 'nearest' : 'start' });
  }

  #startOver(): void {
    this.#walk = START;
    this.#show();
    history.replaceState(history.state, '', location.pathname + location.search);
    const [first] = this.#steps;
    first?.toggle.focus({ preventScroll: true });
    first?.section.scrollIntoView();
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
