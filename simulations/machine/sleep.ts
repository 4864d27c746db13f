/** What is told of a thread that falls asleep. */
import type { Decision } from '../trace/decision.ts';
import type { KernelMark } from '../trace/event.ts';

/** A thread falls asleep in a call. */
export interface Sleep {
  readonly mark: KernelMark;
  /** The condition that made it sleep, which stands as long as it does. */
  readonly decision?: Decision;
  readonly says: string;
  /** When its own timeout is over, or null where it has none. */
  readonly until_us: number | null;
  /** Whether it is part of the story; it is, when left out. */
  readonly beat?: boolean;
}
