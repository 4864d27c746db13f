/** One figure of a recorded case beside the simulation's, and what may lie between them. */

/** What the simulation says and what the kernel did. */
export interface Compared {
  readonly figure: string;
  readonly simulated: number | string | null;
  readonly observed: number | string | null;
  /** The most that the kernel may be later, in ms; 0 where the two must be equal. */
  readonly late_ms: number;
  readonly agrees: boolean;
}

/**
 * How much later than its timer a program may be seen to act, in ms. Cases run side by side on two processors while
 * a lab records; the largest that the connect-timeout lab has shown where no timer is involved is 2.5.
 */
export const SCHEDULING_ms = 10;

/**
 * How much earlier than in the simulation a time may be recorded, in ms: times are recorded to 0.1 ms, and the moment
 * from which a lab counts is read before the call, not in it.
 */
export const EARLY_ms = 0.2;

/** A time: late by at most `late_ms`, early by no more than `early_ms`, which a caller that widens it gives a reason for. */
export function time(
  figure: string,
  simulated: number | null,
  observed: number | null,
  { late_ms, early_ms = EARLY_ms }: { late_ms: number; early_ms?: number },
): Compared {
  if (simulated === null || observed === null)
    return { figure, simulated, observed, late_ms: 0, agrees: simulated === observed };
  const difference_ms = observed - simulated;
  return {
    figure,
    simulated,
    observed,
    late_ms,
    agrees: difference_ms >= -early_ms && difference_ms <= late_ms,
  };
}

/** A count, an error, a sequence: the two must be equal. */
export const equal = (
  figure: string,
  simulated: number | string | null,
  observed: number | string | null,
): Compared => ({ figure, simulated, observed, late_ms: 0, agrees: simulated === observed });
