import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  allowed,
  type Given,
  type Parameter,
  type Schema,
  settleParameters,
} from '#simulations/engine/parameters.ts';

const schema = {
  kernel: {
    type: 'choice',
    choices: { old: 'an old one', new: 'a new one' },
    default: 'new',
    help: 'Kernel',
  },
  retries: {
    type: 'integer',
    min: 1,
    max: 9,
    default: ({ kernel }) => (kernel === 'old' ? 5 : 6),
    help: 'How often',
  },
  linear: {
    type: 'integer',
    min: 0,
    max: ({ kernel }) => (kernel === 'old' ? 0 : 7),
    default: ({ kernel }) => (kernel === 'old' ? 0 : 4),
    help: 'How often evenly',
  },
  wait_ms: { type: 'integer', unit: 'ms', min: -1, max: 5000, default: 100, help: 'How long' },
  blocking: { type: 'boolean', default: true, help: 'Whether' },
} as const satisfies Schema;

const settle = (given: Given) => settleParameters(schema, given);
const defaults = { kernel: 'new', retries: 6, linear: 4, wait_ms: 100, blocking: true };

/** What becomes of one given value: the value itself, or the problem's message. */
function settleOne(name: keyof typeof schema, raw: string | number | boolean) {
  const { values, given, problems } = settle({ [name]: raw });
  if (problems.length) {
    expect(given).toEqual({});
    expect(values).toEqual(defaults);
    return problems.map(({ message }) => message).join();
  }
  expect(given).toEqual({ [name]: values[name] });
  return values[name];
}

describe('nothing given', () => {
  it('settles to the defaults, in the order of the schema', () => {
    expect(settle({})).toEqual({ values: defaults, given: {}, problems: [] });
    expect(Object.keys(settle({ blocking: false, kernel: 'old' }).values)).toEqual(Object.keys(schema));
  });
});

describe('an integer', () => {
  it.each([
    ['5', 5],
    [5, 5],
    [' 5 ', 5],
    ['007', 7],
    ['1', 1],
    ['9', 9],
  ])('takes %j', (raw, value) => {
    expect(settleOne('retries', raw)).toBe(value);
  });

  it.each([
    '0',
    '10',
    '-5',
    '',
    ' ',
    '1e0',
    '1e3',
    '0x5',
    '5.0',
    '5.5',
    '5,5',
    '+5',
    '5 6',
    '5\n6',
    'five',
    'NaN',
    'Infinity',
    '99999999999999999999',
    '٥',
    'true',
    5.5,
    Number.NaN,
    1e21,
    true,
  ])('refuses %j and says what is allowed', (raw) => {
    expect(settleOne('retries', raw)).toBe(
      `retries cannot be "${raw}": allowed is a whole number from 1 to 9`,
    );
  });

  it('takes negative numbers where the range has them, and names the unit', () => {
    expect(settleOne('wait_ms', '-1')).toBe(-1);
    expect(settleOne('wait_ms', '-2')).toBe(
      'wait_ms cannot be "-2": allowed is a whole number from -1 to 5000 (ms)',
    );
  });

  it('reads "-0" as 0, so that two equal runs have equal parameters', () => {
    expect(settleOne('linear', '-0')).toBe(0);
  });
});

describe('a decimal', () => {
  const rate = {
    type: 'decimal',
    decimals: 3,
    unit: 's',
    min: 0.001,
    max: ({ kernel }) => (kernel === 'old' ? 0.001 : 1000),
    default: 10,
    special: { 10: 'as ever' },
    help: 'How often',
  } as const satisfies Parameter;
  const withRate = { kernel: schema.kernel, rate } as const satisfies Schema;
  const RANGE = 'allowed is a number with up to 3 decimals from 0.001 to 1000 (s)';

  it.each([
    ['0.333', 0.333],
    [0.333, 0.333],
    [' 2.5 ', 2.5],
    ['10', 10],
    ['10.0', 10],
    ['007.50', 7.5],
    ['0.001', 0.001],
    ['1000.000', 1000],
    [1000, 1000],
  ])('takes %j', (raw, value) => {
    expect(settleParameters(withRate, { rate: raw })).toMatchObject({
      values: { rate: value },
      given: { rate: value },
      problems: [],
    });
  });

  it.each([
    '0',
    '0.0001',
    '0.3333',
    '1000.001',
    '-1',
    '',
    '.5',
    '5.',
    '1,5',
    '1e2',
    '0x1',
    '1.2.3',
    'NaN',
    0.1 + 0.2,
  ])('refuses %j and says what is allowed', (raw) => {
    expect(settleParameters(withRate, { rate: raw })).toMatchObject({
      values: { rate: 10 },
      given: {},
      problems: [{ name: 'rate', message: `rate cannot be "${raw}": ${RANGE}` }],
    });
  });

  it('takes negative numbers where the range has them, and reads "-0.0" as 0', () => {
    const signed = {
      by: { type: 'decimal', decimals: 1, min: -1, max: 1, default: 0.5, help: 'By' },
    } as const;
    expect(settleParameters(signed, { by: '-0.5' }).values.by).toBe(-0.5);
    expect(settleParameters(signed, { by: '-0.0' }).values.by).toBe(0);
  });

  it('has a limit that may depend on an earlier one', () => {
    expect(settleParameters(withRate, { rate: 0.002, kernel: 'old' }).problems).toEqual([
      { name: 'rate', message: 'rate cannot be "0.002": allowed is only 0.001 (s)' },
    ]);
  });
});

describe('the help of the command line', () => {
  it('says of a decimal how many decimals it may have, its range, its default and its special values', async () => {
    const cli = fileURLToPath(new URL('../../../simulations/cli.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [cli, 'close-wait-pipe', '--help']);
    expect(stdout).toContain('a number with up to 3 decimals from 0.001 to 1000; default 10\n');
    expect(stdout).toMatch(
      /a number with up to 3 decimals from 0 to 604800 \(s\); default 0\n +0 means never/,
    );
  });
});

describe('a boolean', () => {
  it.each([
    ['true', true],
    ['true ', true],
    [' false', false],
    [true, true],
    [false, false],
  ])('takes %j', (raw, value) => {
    expect(settleOne('blocking', raw)).toBe(value);
  });

  it.each(['', '1', 0, 'True', 'yes', 'on', 'truefalse'])('refuses %j', (raw) => {
    expect(settleOne('blocking', raw)).toBe(`blocking cannot be "${raw}": allowed is true or false`);
  });
});

describe('a choice', () => {
  it('takes one of its words, with blanks around it', () => {
    expect(settleOne('kernel', ' new ')).toBe('new');
    expect(settle({ kernel: 'old' }).values.kernel).toBe('old');
  });

  it.each(['', 'New', 'newer', 'an old one', 'toString', '__proto__', 'constructor'])('refuses %j', (raw) => {
    expect(settleOne('kernel', raw)).toBe(`kernel cannot be "${raw}": allowed is old, new`);
  });
});

describe('a parameter that depends on an earlier one', () => {
  it('takes its default and its limit from it, in whatever order they were given', () => {
    expect(settle({ kernel: 'old' }).values).toMatchObject({ retries: 5, linear: 0 });
    expect(settle({ linear: '3', kernel: 'old' }).problems).toEqual([
      { name: 'linear', message: 'linear cannot be "3": allowed is only 0' },
    ]);
    expect(settle({ linear: '3', kernel: 'new' }).problems).toEqual([]);
  });

  it('goes by the default of an unsound earlier one', () => {
    expect(settle({ kernel: 'none', linear: 7 }).values).toMatchObject({ kernel: 'new', linear: 7 });
  });

  it('keeps what was given over its default', () => {
    expect(settle({ kernel: 'old', retries: 6 }).values.retries).toBe(6);
  });
});

describe('several problems', () => {
  it('are all told, and what is sound is kept', () => {
    const { values, given, problems } = settle({ retries: '0', wait_ms: '7', blocking: 'no', speed: 3 });
    expect(problems.map(({ name }) => name)).toEqual(['retries', 'blocking', 'speed']);
    expect(given).toEqual({ wait_ms: 7 });
    expect(values).toEqual({ ...defaults, wait_ms: 7 });
  });

  it('name every parameter that there is when a name is unknown', () => {
    for (const name of ['speed', 'Retries', 'toString', 'constructor', ''])
      expect(settle({ [name]: 1 }).problems).toEqual([
        {
          name,
          message: `there is no parameter "${name}": the parameters are kernel, retries, linear, wait_ms, blocking`,
        },
      ]);
  });
});

describe('what is allowed', () => {
  it('reads as words for every type', () => {
    expect(Object.values(schema).map((parameter) => allowed(parameter, { kernel: 'old' }))).toEqual([
      'old, new',
      'a whole number from 1 to 9',
      'only 0',
      'a whole number from -1 to 5000 (ms)',
      'true or false',
    ]);
  });
});
