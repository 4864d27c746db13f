import { expect, test } from 'vitest';
import { wordsOf } from '#site/search/words.ts';

const words = (text: string) => wordsOf(text).map(({ word }) => word);

test('- and _ part words, so that the spellings of a state are the same', () => {
  for (const spelling of ['TIME-WAIT', 'TIME_WAIT', 'time wait'])
    expect(words(spelling)).toEqual(['time', 'wait']);
});

test.each([
  ['a date', '2026-11-20T03:12:44.120Z level'],
  ['a date with slashes', '2026/11/21 19:04:50 level'],
  ['the date of an access log', '[21/Nov/2026:19:06:31 +0000] level'],
  ['the date of syslog', 'Nov  4 03:12:44 level'],
  ['an address and a port', '10.0.0.5:47110->10.0.0.9:443 level'],
  ['an address of IPv6', '[fd78::1]:8001 fe80::1 2001:db8:7::12 level'],
  ['the address of a page', 'https://auth.example/oauth?id=7 level'],
  ['a file', '/usr/lib/python3.11/socket.py level'],
  ['an id', '9f8ac1 0x7f3c2e1b9d50 550e8400-e29b-41d4-a716-446655440000 level'],
  ['colours', '\u001b[31mlevel\u001b[0m'],
])('%s is not among the words', (_, text) => expect(words(text)).toEqual(['level']));

test('a call with a number in its name is its name and its number', () =>
  expect(words('accept4() failed')).toEqual(['accept', '4', 'failed']));
test('a time without a space is its number and its unit', () => expect(words('40ms')).toEqual(['40', 'ms']));
test('quotes of print are quotes', () =>
  expect(words('Couldn’t “connect”')).toEqual(["couldn't", 'connect']));
