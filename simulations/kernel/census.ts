/**
 * TCP sockets that exist by the thousand, counted by what ss shows of them, so that ten thousand that are alike are one
 * line. Kept for sockets that stand still; a full socket is looked at by itself.
 */
import type { Alike, Cookie, TcpStateName } from '../machine/state.ts';
import type { Cell, Source } from '../trace/history.ts';
import type { Recorder } from '../trace/recorder.ts';

/** Sockets of a group that are named. */
const SAMPLES = 4;

/** How a socket looks. */
export interface Look {
  readonly state: TcpStateName;
  readonly recv_q_bytes: number;
  readonly held: Alike['held'];
}

export interface Group extends Look {
  readonly members: Set<Cookie>;
}

export class Census implements Source<readonly Alike[]> {
  /** Few: the states, times three holders, times a request read or not. */
  readonly #groups: Group[] = [];
  readonly #cell: Cell<readonly Alike[]>;

  constructor(recorder: Recorder) {
    this.#cell = recorder.cell(this);
  }

  /** Puts a socket into the group in which it now belongs. @param from where it was, or null @returns where it is */
  move(cookie: Cookie, from: Group | null, to: Look | null): Group | null {
    if (
      from &&
      to &&
      from.state === to.state &&
      from.recv_q_bytes === to.recv_q_bytes &&
      from.held === to.held
    )
      return from;
    from?.members.delete(cookie);
    this.#cell.touch();
    if (!to) return null;
    const { state, recv_q_bytes, held } = to;
    let group = this.#groups.find(
      (one) => one.state === state && one.recv_q_bytes === recv_q_bytes && one.held === held,
    );
    if (!group) {
      group = { state, recv_q_bytes, held, members: new Set() };
      this.#groups.push(group);
    }
    group.members.add(cookie);
    return group;
  }

  /** How many are in a state. */
  count(state: TcpStateName): number {
    let count = 0;
    for (const group of this.#groups) if (group.state === state) count += group.members.size;
    return count;
  }

  /** The groups that have members. */
  get groups(): readonly Group[] {
    return this.#groups.filter(({ members }) => members.size > 0);
  }

  at(index: number): readonly Alike[] {
    return this.#cell.at(index) ?? [];
  }

  state(): readonly Alike[] {
    return this.groups.map(({ state, recv_q_bytes, held, members }) => ({
      state,
      recv_q_bytes,
      held,
      count: members.size,
      samples: first(members),
    }));
  }
}

function first(members: ReadonlySet<Cookie>): Cookie[] {
  const samples: Cookie[] = [];
  for (const cookie of members) {
    if (samples.length === SAMPLES) break;
    samples.push(cookie);
  }
  return samples;
}
