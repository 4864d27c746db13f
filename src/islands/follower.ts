/**
 * Scrolls a pane, and only it, so that what happens now can be seen. It knows the pane's size and the picture's
 * scale beforehand: to ask for them at every move would make the browser lay out the page each time.
 */
const MARGIN = 40;
const LEAD = 80;

export class Follower {
  readonly #pane: HTMLElement;
  readonly #picture_px: number;
  #height_px: number;
  #scale: number;
  #top_px = 0;
  #y: number | null = null;

  /** @param width of the picture in its own units, which fills the pane's width */
  constructor(pane: HTMLElement, width: number) {
    this.#pane = pane;
    this.#picture_px = width;
    this.#height_px = pane.clientHeight;
    this.#scale = pane.clientWidth / width;
    new ResizeObserver(([entry]) => {
      if (!entry) return;
      this.#height_px = entry.contentRect.height;
      this.#scale = entry.contentRect.width / this.#picture_px;
      this.follow(this.#y);
    }).observe(pane);
    pane.addEventListener('scroll', () => {
      this.#top_px = pane.scrollTop;
    });
  }

  /** @param y in the picture's own units */
  follow(y: number | null): void {
    this.#y = y;
    if (y === null) return;
    const at_px = y * this.#scale;
    if (at_px > this.#top_px + this.#height_px - MARGIN) this.#scroll(at_px - this.#height_px + LEAD);
    else if (at_px < this.#top_px + MARGIN) this.#scroll(Math.max(0, at_px - LEAD));
  }

  #scroll(top_px: number): void {
    if (top_px === this.#top_px) return;
    this.#top_px = top_px;
    this.#pane.scrollTop = top_px;
  }
}
