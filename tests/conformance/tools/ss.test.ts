/** `ss` against iproute2's own output of the same moment. */
import { describe, expect, it } from 'vitest';
import { LEFT_OUT, LEFT_OUT_OPENING } from '#simulations/tools/ss/left-out.ts';
import { ss } from '#simulations/tools/ss/ss.ts';
import { AT_us, machineOf, type Recorded, recording, runsOf } from './recording.ts';

/** A field by one of the names, as it stands in a line: ` lost:1`, ` app_limited`, ` pacing_rate 28960bps`. */
const fields = (names: Readonly<Record<string, string>>): RegExp =>
  new RegExp(
    ` (?:${Object.keys(names).join(', ').replaceAll(', ', '|')})(?::\\S+| \\d+bps)?(?= |\\n|$)`,
    'g',
  );
const LEFT_OUT_FIELDS = fields(LEFT_OUT);
const OPENING_FIELDS = fields(LEFT_OUT_OPENING);

/** The part of a real line that we print. The last column is narrower without the fields, so its padding is cut. */
function shown(text: string): string {
  const lines = text.replace(LEFT_OUT_FIELDS, '').split('\n');
  const isOpening = (i: number) => /^SYN-SENT/.test(`${lines[i - 1]}`) || /^SYN-SENT/.test(`${lines[i]}`);
  return lines
    .map((line, i) => (isOpening(i) ? line.replace(OPENING_FIELDS, '') : line).trimEnd())
    .join('\n');
}

/** What ss says of the words that it was given, and not of the machine that it ran on. */
const ofWords = (stderr = ''): string => stderr.replace(/Failed to.*\n|RTNETLINK.*\n/g, '');

const isDetailed = ({ argv }: Recorded): boolean => argv.some((word) => /^-\w*[ei]/.test(word));
/** Counters of all namespaces together, which a namespace cannot tell apart: sockets that are closed, and orphans. */
const isSummary = ({ argv }: Recorded): boolean => argv.includes('-s');
const perNamespace = (text: string): string =>
  text.replace(/^TCP: .*$/m, (line) =>
    line.replace(/^TCP:\s+\d+/, 'TCP:').replace(/(closed|orphaned) \d+/g, '$1'),
  );

/** The addresses of these two are those of the loopback, whose MTU is larger than TCP's field. */
const mtuOf = (situation: string): number => (situation === 'narrow' || situation === 'wide' ? 65_535 : 1500);

for (const [situation, moments] of Object.entries(recording.situations)) {
  if (situation === 'calls') continue;
  for (const moment of moments) {
    const runs = runsOf(moment, 'ss');
    if (runs.length === 0) continue;
    describe(`ss, ${situation}, ${moment.where} (iproute2 ${recording.versions.iproute2})`, () => {
      const machine = machineOf(moment, mtuOf(situation));
      it.each(runs.map((run) => [run.argv.join(' '), run] as const))('%s', (_, run) => {
        const ours = ss(machine, AT_us, run.argv.slice(1));
        expect(ours.stderr).toBe(ofWords(run.stderr));
        expect(ours.exit).toBe(run.exit ?? 0);
        if (isDetailed(run)) expect(shown(ours.stdout)).toBe(shown(run.stdout));
        else if (isSummary(run)) expect(perNamespace(ours.stdout)).toBe(perNamespace(run.stdout));
        else expect(ours.stdout).toBe(run.stdout);
      });
    });
  }
}

describe('the recording of ss', () => {
  const moments = recording.situations['every state'] ?? [];
  const told = moments.flatMap(({ facts }) => facts.tcp);

  it('has a socket in every state', () => {
    expect([...new Set(told.map(({ state }) => state))].sort()).toEqual([
      'CLOSE',
      'CLOSE_WAIT',
      'CLOSING',
      'ESTABLISHED',
      'FIN_WAIT1',
      'FIN_WAIT2',
      'LAST_ACK',
      'LISTEN',
      'SYN_RECV',
      'SYN_SENT',
      'TIME_WAIT',
    ]);
  });

  it('has every timer', () => {
    expect([...new Set(told.map(({ timer }) => timer))].sort()).toEqual([
      'keepalive',
      null,
      'on',
      'persist',
      'timewait',
    ]);
  });
});
