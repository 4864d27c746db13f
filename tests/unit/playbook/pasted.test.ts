import { describe, expect, test } from 'vitest';
import type { Field } from '#site/playbook/fields.ts';
import { foundIn } from '#site/playbook/pasted.ts';

type Case = [into: Field, text: string, values: Partial<Record<Field, string>>];

describe('what ss prints is read as fields', () => {
  test.each<Case>([
    ['PEER', '10.2.3.4:5432', { PEER: '10.2.3.4', PORT: '5432' }],
    ['PEER', '[2001:db8::1]:5432', { PEER: '2001:db8::1', PORT: '5432' }],
    ['PEER', '[2001:db8::1]', { PEER: '2001:db8::1' }],
    ['PEER', '[::ffff:10.2.3.4]:80', { PEER: '::ffff:10.2.3.4', PORT: '80' }],
    ['PEER', '[fe80::1%eth0]:5432', { PEER: 'fe80::1', PORT: '5432' }],
    ['PEER', 'db-1.example.com:5432', { PEER: 'db-1.example.com', PORT: '5432' }],
    ['PEER', 'http://10.2.3.4:8080/a', { PEER: '10.2.3.4', PORT: '8080' }],
    ['PORT', ':8080', { PORT: '8080' }],
    ['PORT', '*:8080', { PORT: '8080' }],
    ['PORT', '0.0.0.0:8080', { PORT: '8080' }],
    ['PORT', '[::]:8080', { PORT: '8080' }],
    ['CLIENTPORT', ':40002', { CLIENTPORT: '40002' }],
    ['PID', 'pid=4711', { PID: '4711' }],
    ['PID', 'users:(("python3",pid=4711,fd=3))', { PID: '4711' }],
    [
      'PORT',
      'LISTEN 0 128 0.0.0.0:8080 0.0.0.0:* users:(("python3",pid=4711,fd=3))',
      { PORT: '8080', PID: '4711' },
    ],
    ['PID', 'SYN-SENT 0 1 10.0.0.1:40002 10.2.3.4:5432', { PEER: '10.2.3.4' }],
  ])('into %s: %s', (into, text, values) => {
    expect(foundIn(text, into).values).toEqual(values);
  });
});

describe('a line of a log is read as fields', () => {
  test.each<Case>([
    ['PID', 'dial tcp 10.2.3.4:5432: i/o timeout', { PEER: '10.2.3.4', PORT: '5432' }],
    [
      'PEER',
      'dial tcp [2001:db8::1]:5432: connect: connection refused',
      { PEER: '2001:db8::1', PORT: '5432' },
    ],
    ['PEER', 'read tcp 10.0.0.1:40002->10.2.3.4:5432: i/o timeout', { PEER: '10.2.3.4' }],
    ['PEER', 'connect to address 2001:db8::1: Connection timed out', { PEER: '2001:db8::1' }],
    ['PEER', '2026-11-21 20:47:09 worker pid=12: connect 10.2.3.4 failed', { PEER: '10.2.3.4', PID: '12' }],
  ])('into %s: %s', (into, text, values) => {
    expect(foundIn(text, into).values).toEqual(values);
  });

  test('of two ports neither fills, and both are named', () => {
    const { values, several } = foundIn('read tcp 10.0.0.1:40002->10.2.3.4:5432: i/o timeout', 'PID');
    expect(values).toEqual({ PEER: '10.2.3.4' });
    expect(several).toEqual({ PORT: ['40002', '5432'] });
  });

  test('of two addresses in no known order neither fills', () => {
    expect(foundIn('10.0.0.1 and 10.2.3.4', 'PEER')).toEqual({
      values: {},
      several: { PEER: ['10.0.0.1', '10.2.3.4'] },
    });
  });

  test.each([
    'main.go:12: nothing here',
    '12:34:56',
    'version 1.2.3.4.5',
    'connect() failed',
    '10.2.3.400:80',
    '$(id)',
    "80'; rm -rf / #",
    '99999999',
    ':99999',
    '8080/tcp',
    '80 81',
  ])('%j has nothing', (text) => {
    expect(foundIn(text, 'PORT').values).toEqual({});
  });
});
