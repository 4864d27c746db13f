import { describe, expect, test } from 'vitest';
import { FIELDS, type Field, familyOf, familyOfPeer, piecesOf, problemOf } from '#site/playbook/fields.ts';
import { filled } from '#site/playbook/playbook.ts';

const sound: Readonly<Record<string, readonly string[]>> = {
  PID: ['1', '2001', '4194304'],
  PORT: ['1', '8080', '65535'],
  PEER: [
    '10.1.2.3',
    '0.0.0.0',
    'db-1',
    'db_1.example.com',
    'example.com.',
    '::1',
    '2001:db8::1:a',
    '::ffff:10.1.2.3',
  ],
};

const unsound: Readonly<Record<string, readonly string[]>> = {
  PID: ['0', '-1', '2001 ', '20x', '4194305', '1e3', '0x10', '٣'],
  PORT: ['0', '65536', '80,81', ':80', '8080/tcp'],
  PEER: [
    '-x',
    'a b',
    '10.1.2',
    '10.1.2.256',
    '01.2.3.4',
    'a..b',
    '::1::',
    'fe80::1%eth0',
    '[::1]',
    '1:2',
    `${'a'.repeat(64)}`,
  ],
};

describe('a field', () => {
  for (const [field, texts] of Object.entries(sound))
    test.each(texts)(`${field} may be %s`, (text) => expect(problemOf(field as Field, text)).toBeUndefined());

  for (const [field, texts] of Object.entries(unsound))
    test.each(texts)(`${field} may not be %j, and says what it wants`, (text) =>
      expect(problemOf(field as Field, text)).toMatch(
        new RegExp(`^${field} is .+such as|^${field} is a number`),
      ),
    );

  test('says the whole range, and that no tool takes a zone', () => {
    expect(problemOf('PID', '4194305')).toContain('from 1 to 4194304');
    expect(problemOf('PEER', 'fe80::1%eth0')).toContain('take no zone');
  });

  test('may be empty: it then fills nothing', () => {
    for (const field of Object.keys(FIELDS)) expect(problemOf(field as Field, '')).toBeUndefined();
  });

  // What a shell, awk or a filter of tcpdump would read as more than a word.
  const special = [...` \t\n;&|<>()$\`"'\\!*?[]{}~#=%,@+^/`];
  test.each(Object.keys(FIELDS))('%s lets no character through that a shell reads', (field) => {
    for (const character of special)
      for (const text of [`1${character}`, `${character}1`, `a${character}b`, `::${character}1`])
        expect(problemOf(field as Field, text), JSON.stringify(text)).toBeDefined();
  });
});

describe('a command', () => {
  test('has its fields by themselves, and no part of a longer word', () => {
    expect(piecesOf('cat /proc/PID/task/TID CLIENTPORT PIDFILE', ['PID', 'TID', 'PORT'])).toEqual([
      'cat /proc/',
      'PID',
      '/task/',
      'TID',
      ' CLIENTPORT PIDFILE',
    ]);
    expect(piecesOf('PID', [])).toEqual(['PID']);
  });

  test('is filled where something is known, everywhere', () => {
    expect(filled('ss dst PEER; cat /proc/PID/stack /proc/PID/wchan', { PID: '7' })).toBe(
      'ss dst PEER; cat /proc/7/stack /proc/7/wchan',
    );
  });
});

describe('the IP version of a command', () => {
  test.each([
    ["tcpdump -ni any '(host PEER and tcp[tcpflags] & tcp-syn != 0) or (arp and host PEER)'", 'IPv4'],
    ["tcpdump -ni any 'icmp[icmptype] = icmp-unreach'", 'IPv4'],
    ["tcpdump -ni any 'host PEER and tcp[tcpflags] & tcp-rst != 0'", 'IPv4'],
    ["tcpdump -ni any 'ip6 and (icmp6 or (host PEER and tcp))'", 'IPv6'],
    ["tcpdump -ni any 'host PEER and port PORT'", undefined],
    ["ss -tK state syn-sent dst '[PEER]'", undefined],
    ['sysctl net.ipv4.tcp_syn_retries', undefined],
  ])('%s: %s', (command, family) => {
    expect(familyOf(command)).toBe(family);
  });

  test('is compared with that of the peer; a name may have both', () => {
    expect(familyOfPeer('10.2.3.4')).toBe('IPv4');
    expect(familyOfPeer('2001:db8::1')).toBe('IPv6');
    expect(familyOfPeer('db-1')).toBeUndefined();
    expect(familyOfPeer('')).toBeUndefined();
  });
});
