/**
 * Two ends that wait for each other: one keeps a small segment until an ACK comes, the other keeps the ACK until data
 * comes. Only a timer ends it.
 */
import type { Recorder } from './recorder.ts';
import type { Wait, Waiter } from './wait.ts';

/** Held bytes at one end, and the delayed ACK at the other that would let them go. */
export interface Standoff {
  readonly held: Wait;
  readonly ack: Wait;
  /** From when both waited until the first of them had an end, or until the run ended (null). */
  readonly from_us: number;
  readonly until_us: number | null;
}

/** Links what Nagle's rule holds at one end with the delayed ACK at the other: each needs the other to end first. */
export function linkStandoffs(recorder: Recorder): void {
  /** By held bytes: the ACK that was delayed for the longest part of their wait. */
  const met = new Map<Wait, Wait>();
  /** Waits that have begun and not ended, at the moment in which the next begins. */
  let open: Wait[] = [];
  for (const wait of recorder.waits) {
    if (wait.kind !== 'delayed-ack' && !isNagles(recorder, wait)) continue;
    open = open.filter((each) => endOf(each) > wait.from_us);
    for (const other of open) {
      if (other.kind === wait.kind || !areEnds(wait.who, other.who)) continue;
      const [held, ack] = wait.kind === 'held' ? [wait, other] : [other, wait];
      const best = met.get(held);
      if (overlap_us(held, ack) > (best ? overlap_us(held, best) : 0)) met.set(held, ack);
    }
    open.push(wait);
  }
  for (const [held, ack] of met) {
    recorder.needs(held.id, ack.id);
    recorder.needs(ack.id, held.id);
  }
}

/** The standoffs among waits, in the order in which the held bytes began to wait. */
export const standoffsOf = (waits: readonly Wait[]): Standoff[] =>
  waits.flatMap((held) => {
    const ack = held.kind === 'held' && held.needs !== null ? waits[held.needs] : undefined;
    if (ack?.needs !== held.id) return [];
    const until_us = Math.min(endOf(held), endOf(ack));
    return [
      {
        held,
        ack,
        from_us: Math.max(held.from_us, ack.from_us),
        until_us: Number.isFinite(until_us) ? until_us : null,
      },
    ];
  });

/** Whether the event that began a wait says that Nagle's rule holds. */
function isNagles(recorder: Recorder, { kind, from }: Wait): boolean {
  const event = recorder.events[from];
  return kind === 'held' && event?.kind === 'segment-held' && event.data.hold === 'Nagle';
}

/** Whether two sockets are the two ends of one connection. */
function areEnds(one: Waiter, other: Waiter): boolean {
  const { local, remote } = one;
  return (
    local !== undefined &&
    remote !== undefined &&
    local.port === other.remote?.port &&
    local.address === other.remote.address &&
    remote.port === other.local?.port &&
    remote.address === other.local.address
  );
}

const endOf = ({ until_us }: Wait): number => until_us ?? Number.POSITIVE_INFINITY;

const overlap_us = (one: Wait, other: Wait): number =>
  Math.min(endOf(one), endOf(other)) - Math.max(one.from_us, other.from_us);
