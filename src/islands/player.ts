/**
 * Plays a run from beat to beat. A beat stays long enough to be read; the wait to the next one is
 * shortened, but a longer wait still takes longer.
 */
import type { Trace } from '#simulations/trace/trace.ts';

/** What the player does at each frame: the last event that has happened, the moment, the beat to speak of. */
export type Frame = (index: number, at_us: number, beat: number) => void;

/** How long the way from one beat to the next takes on the screen, in ms. */
function screenTime(wait_us: number, sentence: string): number {
  return 900 + sentence.length * 14 + 700 * Math.log2(1 + wait_us / 1e6);
}

export class Player {
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #playing = false;

  get isPlaying(): boolean {
    return this.#playing;
  }

  /**
   * @param speed 1 is the reading pace
   * @param still true where motion is unwelcome: beats follow each other without anything moving
   */
  play(
    trace: Trace,
    from: number,
    speed: () => number,
    still: boolean,
    show: Frame,
    ended: () => void,
  ): void {
    this.stop();
    const { events, beats } = trace;
    let beat = beats.findLast((index) => index <= from) ?? beats[0];
    if (beat === undefined) return;
    this.#playing = true;
    let began_ms: number | undefined;
    const tick = (now_ms: number) => {
      if (!this.#playing || beat === undefined) return;
      began_ms ??= now_ms;
      const here = events[beat];
      const next = beats.find((index) => index > (beat ?? 0));
      const there = next === undefined ? undefined : events[next];
      if (!here || next === undefined || !there) {
        this.stop();
        ended();
        return;
      }
      const wait_us = there.at_us - here.at_us;
      const share = ((now_ms - began_ms) * speed()) / screenTime(wait_us, here.says);
      if (share >= 1) {
        beat = next;
        began_ms = now_ms;
        show(next, there.at_us, next);
      } else if (!still) {
        const at_us = here.at_us + wait_us * Math.max(0, share);
        const reached = events.findLastIndex((event) => event.at_us <= at_us);
        show(Math.min(Math.max(reached, beat), next - 1), at_us, beat);
      }
      this.#request(tick, still);
    };
    this.#request(tick, still);
  }

  stop(): void {
    this.#playing = false;
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
  }

  #request(tick: (now_ms: number) => void, still: boolean): void {
    if (still) this.#timer = setTimeout(() => tick(performance.now()), 100);
    else this.#frame = requestAnimationFrame(tick);
  }
}
