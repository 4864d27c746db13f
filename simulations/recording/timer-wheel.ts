/**
 * How late a kernel timer may be: the wheel of `kernel/time/timer.c`.
 *
 * The longer a timer, the coarser the slot that it goes into. Its deadline is rounded up to the next slot, so it is late
 * by at most one slot, and never early. By how much a recorded time may yet be
 * early, which is the measurement’s doing, is in `compared.ts`.
 */

/** `LVL_CLK_SHIFT`: each level's slots are 8 times as long as those of the level below. */
const LVL_CLK_SHIFT = 3;
/** `LVL_SIZE − 1`: deltas below this many slots go into a level. */
const LVL_REACH = 63;
/** `LVL_DEPTH` where HZ > 100. */
const LVL_DEPTH = 9;

/** The length of the slot that a timer goes into, in ms. @param timer_ms how long it is set for @param hz CONFIG_HZ */
export function slot_ms(timer_ms: number, hz: number): number {
  const delta_jiffies = Math.ceil((timer_ms * hz) / 1000);
  let level = 0;
  while (level < LVL_DEPTH - 1 && delta_jiffies >= LVL_REACH << (LVL_CLK_SHIFT * level)) level++;
  return ((1 << (LVL_CLK_SHIFT * level)) * 1000) / hz;
}

/**
 * The most that a chain of timers, each set when the one before fired, may be late, in ms: one slot for each, and one
 * tick, for what is set in ms is first rounded up to whole ticks (`msecs_to_jiffies`).
 */
export const lateness_ms = (timers_ms: readonly number[], hz: number): number =>
  timers_ms.reduce((sum, timer_ms) => sum + slot_ms(timer_ms, hz) + 1000 / hz, 0);
