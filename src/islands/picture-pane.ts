/** The pane of a figure's main picture: the whole run following the cursor, or the moment that it stands on. */
import type { Trace } from '#simulations/trace/trace.ts';
import type { Picture } from '../figures/figure.ts';
import { Follower } from './follower.ts';
import { Parts } from './parts.ts';

export class PicturePane {
  readonly #element: HTMLElement;
  readonly #picture: Picture;
  readonly #follower: Follower | null;
  readonly #parts = new Parts();
  #trace: Trace | null = null;
  #beside: Trace | undefined;
  #drawn = '';

  /** @param follows whether the pane scrolls after the cursor */
  constructor(element: HTMLElement, picture: Picture, follows: boolean) {
    this.#element = element;
    this.#picture = picture;
    this.#follower = follows && picture.shows === 'run' ? new Follower(element, picture.width) : null;
  }

  /** Another run, or none. @param beside a run that shares the scale */
  draw(trace: Trace | null, beside?: Trace): void {
    this.#trace = trace;
    this.#beside = beside;
    if (this.#picture.shows === 'moment' && trace) return;
    this.#put(trace && this.#picture.shows === 'run' ? this.#picture.draw(trace, beside) : '');
    this.#parts.collect([this.#element]);
  }

  /** Moves the cursor. @param at_us the moment, when it is later than the event */
  show(index: number, at_us: number): void {
    if (!this.#trace) return;
    if (this.#picture.shows === 'moment')
      this.#put(this.#picture.draw(this.#trace, index, at_us, this.#beside));
    else {
      const { lowest } = this.#parts.show(this.#trace.events, index);
      this.#follower?.follow(lowest);
    }
  }

  #put(markup: string): void {
    if (markup === this.#drawn) return;
    this.#drawn = markup;
    this.#element.innerHTML = markup;
  }
}
