/** The words of strace: `-f -t -tt -T -v -s N -e trace=LIST -p PID`. */
import { type Options, parseOptions, UsageError } from '../options.ts';

type Name = 'follow' | 'time' | 'spent' | 'verbose' | 'strings' | 'filter' | 'pid';

export interface StraceOptions {
  /** -f: all threads. */
  readonly follow: boolean;
  /** -t: seconds; -tt: microseconds. */
  readonly time: 'none' | 'seconds' | 'microseconds';
  /** -T: the time that a call took. */
  readonly spent: boolean;
  /** -s: how much of a string is printed. */
  readonly string_limit: number;
  /** -e trace=: names of system calls, or null for all. */
  readonly traces: ReadonlySet<string> | null;
  readonly pid: number;
}

/** As without -s. */
const STRING_LIMIT = 32;

function tracesOf(options: Options<Name>): ReadonlySet<string> | null {
  const filter = options.value('filter');
  if (filter === null) return null;
  const [what, list = ''] = filter.includes('=') ? filter.split('=') : ['trace', filter];
  if (what !== 'trace') throw new UsageError(`invalid -e: only trace= is known, not '${what}'`);
  return list === 'all' ? null : new Set(list.split(','));
}

/** @throws UsageError */
export function straceOptions(argv: readonly string[]): StraceOptions {
  const options = parseOptions<Name>(argv, {
    short: { f: 'follow', t: 'time', T: 'spent', v: 'verbose', s: 'strings', e: 'filter', p: 'pid' },
    long: {},
    valued: ['strings', 'filter', 'pid'],
  });
  const pid = options.value('pid');
  if (pid === null) throw new UsageError('must have PROG [ARGS] or -p PID');
  if (!/^\d+$/.test(pid)) throw new UsageError(`Invalid process id: '${pid}'`);
  const limit = options.value('strings') ?? String(STRING_LIMIT);
  if (!/^\d+$/.test(limit)) throw new UsageError(`invalid -s argument: '${limit}'`);
  const times = options.given.filter(({ name }) => name === 'time').length;
  return {
    follow: options.has('follow'),
    time: times === 0 ? 'none' : times === 1 ? 'seconds' : 'microseconds',
    spent: options.has('spent'),
    string_limit: Number(limit),
    traces: tracesOf(options),
    pid: Number(pid),
  };
}
