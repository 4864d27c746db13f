import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { transitions } from '#simulations/kernel/tcp/transitions.ts';
import { play } from '../../random/play.ts';
import { anySession } from '../../random/session.ts';

const TIMEOUT_ms = 600_000;
const SESSIONS = 9000;
/** In so many of them, every sentence is read. */
const READ = 800;

/** What is kept of the sessions. */
interface Kept {
  /** Every change of state that occurred: `from to`. */
  readonly changes: ReadonlySet<string>;
  /** Every mark of a kernel line. */
  readonly marks: ReadonlySet<string>;
  readonly sentences: ReadonlySet<string>;
}
let kept: Kept | undefined;

/**
 * Plays the sessions, the first time that a test asks for them. The seed is fixed so that a failure comes again.
 *
 * @throws Error when a rule of `tests/random/ledger.ts` is broken, with the session made as small as it gets
 */
function sessions(): Kept {
  if (kept) return kept;
  const changes = new Set<string>();
  const marks = new Set<string>();
  const sentences = new Set<string>();
  let played = 0;
  fc.assert(
    fc.property(anySession, (session) => {
      const { changes: own, trace } = play(session);
      for (const change of own) changes.add(change);
      for (const { mark, says } of trace.events) {
        if (mark) marks.add(mark);
        if (played < READ) sentences.add(says);
      }
      played++;
    }),
    { seed: 20_261, numRuns: SESSIONS },
  );
  kept = { changes, marks, sentences };
  return kept;
}

describe('any two programs over any network', () => {
  it('get every byte in order and once or are told, keep to the windows, acknowledge only what has come, and end', {
    timeout: TIMEOUT_ms,
  }, () => {
    sessions();
  });

  it('together change state in every way that two programs of ours can', { timeout: TIMEOUT_ms }, () => {
    const { changes } = sessions();
    /** These need a peer that is no Linux, or no peer at all. */
    const NEVER = [
      'SYN_SENT SYN_RECV', // both connect() to each other at once
      'SYN_RECV FIN_WAIT1', // a simultaneous open that is closed
      'SYN_RECV CLOSE', // a reset, or five lost SYN-ACKs
    ];
    const possible = transitions.map(({ from, to }) => `${from} ${to}`);
    const missing = possible.filter((change) => {
      const [from, to] = change.split(' ');
      return from !== to && !changes.has(change) && !NEVER.includes(change);
    });
    expect(missing).toEqual([]);
  });
});

describe('what the sessions tell', () => {
  it('is told in whole sentences', { timeout: TIMEOUT_ms }, () => {
    const { sentences } = sessions();
    expect(sentences.size).toBeGreaterThan(1000);
    for (const says of sentences) {
      const isWrong =
        /undefined|NaN|Infinity|null|\[object| {2}|\.\.|\*\*|^\W*$/.test(says) || !/[.!?]\*?$/.test(says);
      if (isWrong || says.split('*').length % 2 === 0) expect.fail(says);
    }
  });

  it('names kernel lines that the excerpts have', { timeout: TIMEOUT_ms }, () => {
    const kernel = JSON.parse(readFileSync(new URL('../../../content/kernel.json', import.meta.url), 'utf8'));
    const used = new Set<string>([...transitions.map(({ mark }) => mark), ...sessions().marks]);
    const missing = [...used].filter((mark) => {
      const [excerpt = '', name = ''] = mark.split(':');
      return !Object.hasOwn(kernel.excerpts[excerpt]?.marks ?? {}, name);
    });
    expect(missing).toEqual([]);
  });
});
