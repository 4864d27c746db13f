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

describe('words that another situation has as well', () => {
  test.each([
    [
      'read tcp 10.0.0.4:41230->10.0.0.9:443: use of closed network connection',
      'The program closed the connection itself',
    ],
    ['Get "https://api.example.com/v1": net/http: TLS handshake timeout', 'TCP is up, and TLS got no answer'],
    [
      '2024/05/02 11:02:03 [error] 7#7: *4 connect() to unix:/run/php.sock failed (11: Resource temporarily unavailable) while connecting to upstream, client: 10.0.0.1, server: _, request: "GET / HTTP/1.1", upstream: "fastcgi://unix:/run/php.sock:", host: "x"',
      'connect() to a Unix socket',
    ],
    ['-bash: fork: retry: Resource temporarily unavailable', 'fork(): no more processes'],
    ['upstream prematurely closed connection', 'The peer closed the connection before it answered'],
    [
      'curl: (7) connect to 2001:db8::9 port 443 failed: Permission denied',
      'A firewall on the way prohibits it',
    ],
    [
      '12:00:01.2 IP 10.0.0.9.5432 > 10.0.0.5.40110: Flags [R.], seq 0, ack 881200124, win 0, length 0',
      'A reset',
    ],
  ])('%s', (text, title) => expect(index.find(text)[0]?.entry.title.slice(0, title.length)).toBe(title));

  test('a reset leads to who sent it, and an IPv6 “Permission denied” of connect() to the capture', () => {
    expect(index.find('Flags [R.]')[0]?.entry.to).toBe('connect-timeout/who-reset');
    expect(index.find('connect: permission denied')[0]?.entry.to).toBe('connect-timeout/capture');
  });
});

describe('a long log', () => {
  const lines = Array.from(
    { length: 5000 },
    (_, i) => `2025-03-04T15:00:${i % 60}Z INFO api served GET /v1/items in ${[40, 41, 200, 12][i % 4]} ms`,
  );

  test('with one error in it brings that error, and no number of milliseconds', () => {
    const text = lines
      .toSpliced(3210, 0, 'ERROR dial tcp 10.0.0.9:80: connect: connection refused')
      .join('\n');
    const found = index.find(text).map(({ entry }) => entry.to);
    expect(found[0]).toBe('connect-timeout/capture');
    expect(found.filter((to) => to.startsWith('nagle-delayed-ack/'))).toEqual([]);
  });
  test('and a number of milliseconds that is typed still finds its chapter', () => {
    for (const text of ['40 ms', '40ms', 'every request takes 40 ms', '200 ms'])
      expect(index.find(text)[0]?.entry.to, text).toBe('nagle-delayed-ack/wire');
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
