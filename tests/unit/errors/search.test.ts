import { describe, expect, test } from 'vitest';
import recording from '#content/errors/recording.json' with { type: 'json' };
import { errors } from '#content/errors/table.ts';
import { type ErrorEntry, entriesOf } from '#site/search/errors.ts';
import { Index } from '#site/search/match.ts';
import { aside } from './aside.ts';
import { elsewhere } from './elsewhere.ts';
import { pasted, uncovered } from './pasted.ts';

const index = new Index<ErrorEntry>(entriesOf(errors, recording.errno));
const short = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, 70);

describe('a raw text leads first to its step', () => {
  test('and there are at least 60 of them', () => expect(pasted.length).toBeGreaterThanOrEqual(60));

  test.each(pasted.map(({ text, leadsTo }) => [short(text), text, leadsTo] as const))(
    '%s',
    (_, text, leadsTo) => {
      const [first] = index.find(text);
      expect(first?.entry.to).toBe(leadsTo);
      expect(first?.entry.missing).toBeUndefined();
    },
  );
});

describe('a raw text that was put aside leads first to its step', () => {
  test.each(aside.map(({ text, leadsTo }) => [short(text), text, leadsTo] as const))(
    '%s',
    (_, text, leadsTo) => {
      expect(index.find(text)[0]?.entry.to).toBe(leadsTo);
    },
  );
});

describe('what no chapter tells yet says so first', () => {
  test.each(uncovered.map((text) => [short(text), text] as const))('%s', (_, text) => {
    expect(index.find(text)[0]?.entry.missing).toBeDefined();
  });
});

describe('a text of a program that the table has no column for leads first to its step', () => {
  test.each(elsewhere.map(({ text, leadsTo }) => [short(text), text, leadsTo] as const))(
    '%s',
    (_, text, leadsTo) => {
      expect(index.find(text)[0]?.entry.to).toBe(leadsTo);
    },
  );
});

describe('what is recorded leads first to its step', () => {
  /** By situation: where it leads, and whether a chapter tells it. Not told: what says nothing of its own situation. */
  const expected: readonly (readonly [situation: RegExp, leadsTo: readonly string[]])[] = [
    [/^silent, killed-by-ss/, ['connect-timeout/first-aid']],
    [/^silent/, ['connect-timeout/waiting']],
    [/^(closed port|no route)/, ['connect-timeout/capture']],
    // The ICMP may come while connect() still holds the socket; then the kernel only notes it.
    [/^(absent host|host unreachable|prohibited)/, ['connect-timeout/capture', 'connect-timeout/waiting']],
    [/^no answer/, ['close-wait-pipe/whose', 'connect-timeout/waiting']],
    [/^too many files/, ['close-wait-pipe/whose']],
    [/^no reader/, ['close-wait-pipe/epipe']],
    [/^full pipe/, ['pipe-buffer/poll-and-o_nonblock']],
  ];
  const uncoveredSituations =
    /^(NXDOMAIN|SERVFAIL|name servers silent|name server's port|bind|fd above|no local port|reset|hangs up)/;
  /** Whose words are those of another situation too. */
  const cannotTell =
    /^(node: .*, get-own-timeout|curl: no local port left|nginx access log: .*|java: silent, get-client)$/;
  /** They end without an error. */
  const silent = (text: string) =>
    !/error|exception|timed? ?out|fail|refused|EOF|reset|curl: |SIG|E[A-Z]{4,}/i.test(text);
  const cases = recording.cases.filter(
    ({ program, situation, text }) => !silent(text) && !cannotTell.test(`${program}: ${situation}`),
  );

  test.each(
    cases.flatMap(({ program, situation, text }) => {
      const leadsTo = expected.find(([pattern]) => pattern.test(situation))?.[1];
      return leadsTo ? [[`${program}: ${situation}`, text, leadsTo] as const] : [];
    }),
  )('%s', (_, text, leadsTo) => expect(leadsTo).toContain(index.find(text)[0]?.entry.to));

  test.each(
    cases
      .filter(({ situation }) => uncoveredSituations.test(situation))
      .map(({ program, situation, text }) => [`${program}: ${situation}`, text] as const),
  )('%s is not covered yet', (_, text) => {
    const found = index.find(text);
    expect(found.some(({ entry }) => entry.missing)).toBe(true);
  });
});

describe('the index', () => {
  test('finds all words before any word', () => {
    expect(index.find('keep-alive slow')[0]?.entry.to).toBe('nagle-delayed-ack/wire');
    expect(index.find('java connect timed out')[0]?.entry.to).toBe('connect-timeout/waiting');
  });
  test('finds the word that is being typed', () =>
    expect(index.find('broken pi')[0]?.entry.to).toBe('close-wait-pipe/epipe'));
  test('finds a part of a wording before the same words in prose', () => {
    expect(index.find('connection reset')[0]?.entry.name).toBe('ECONNRESET');
    for (const word of ['slow', 'dns', 'hang', 'ECONN', 'no route'])
      expect(index.find(word), word).not.toEqual([]);
  });
  test('finds all situations of an errno by its words, the first of them first', () => {
    const titles = index.find('Broken pipe').map(({ entry }) => entry.to);
    expect(titles.slice(0, 2)).toEqual(['close-wait-pipe/epipe', 'tcp-states/close-wait']);
  });
  test('takes small letters for large ones where little is typed', () => {
    expect(index.find('econnrefused')[0]?.entry.to).toBe('connect-timeout/capture');
    expect(index.find('listen')[0]?.entry.to).toBe('tcp-states/listen');
  });
  test('takes a state for a state in capitals only where much is pasted', () => {
    const found = index.find(
      'I am closing the ticket and will listen to the customer about the established process tomorrow',
    );
    expect(found).toEqual([]);
  });
  test('finds nothing in a text of something else', () => {
    for (const text of [
      '',
      '   ',
      '…',
      'ENOSPC: no space left on device, write',
      'x509: certificate signed by unknown authority',
      'segfault at 0 ip 00007f',
    ])
      expect(index.find(text), text).toEqual([]);
  });
});
