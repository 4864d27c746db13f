import { describe, expect, test } from 'vitest';
import { folds } from '#site/excerpts/folds.ts';

function excerpt(lines: string[], marks: number[] = []) {
  return {
    first_line: 101,
    last_line: 100 + lines.length,
    text: lines.join('\n'),
    marks: Object.fromEntries(
      marks.map((line, index) => [`mark-${index}`, { first_line: line, last_line: line }]),
    ),
  };
}

function body(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `\tstep_${index}();`);
}

describe('folding', () => {
  test('keeps the signature, the lines around a mark and the last line', () => {
    const lines = ['int egg(int a,', '\tint b)', '{', ...body(20), '}'];
    expect(folds(excerpt(lines, [113]))).toEqual([
      { first_line: 104, last_line: 110 },
      { first_line: 116, last_line: 123 },
    ]);
  });

  test('keeps the case that a mark stands under, with those stacked above it', () => {
    const cases = [
      '\tswitch (egg) {',
      '\tcase RAW:',
      '\tcase SOFT:',
      ...body(8).map((line) => `\t${line}`),
      '\t}',
    ];
    const lines = ['int egg(void)', '{', ...cases, '}'];
    const hidden = folds(excerpt(lines, [112]));
    const isHidden = (line: number) =>
      hidden.some(({ first_line, last_line }) => line >= first_line && line <= last_line);
    expect([104, 105, 112].map(isHidden)).toEqual([false, false, false]);
    expect(isHidden(108)).toBe(true);
  });

  test('takes as much context as it is given', () => {
    expect(folds(excerpt(['int egg(void)', '{', ...body(20), '}'], [112]), 0)).toEqual([
      { first_line: 103, last_line: 111 },
      { first_line: 113, last_line: 122 },
    ]);
  });

  test('never hides fewer than four lines', () => {
    expect(folds(excerpt(['int egg(void)', '{', ...body(3), '}']))).toEqual([]);
    expect(folds(excerpt(['int egg(void)', '{', ...body(4), '}']))).toEqual([
      { first_line: 103, last_line: 106 },
    ]);
  });

  test('shows a short comment next to a mark whole', () => {
    const lines = [
      'int egg(void)',
      '{',
      ...body(6),
      '\t/* one',
      '\t * two',
      '\t * three',
      '\t */',
      '\tlay();',
      '}',
    ];
    expect(folds(excerpt(lines, [113]))).toEqual([{ first_line: 103, last_line: 108 }]);
  });

  test('hides a long comment next to a mark whole', () => {
    const lines = [
      'int egg(void)',
      '{',
      '\t/*',
      ...Array.from({ length: 9 }, () => '\t * word'),
      '\t */',
      '\tlay();',
      '}',
    ];
    expect(folds(excerpt(lines, [114]))).toEqual([{ first_line: 103, last_line: 113 }]);
  });

  test('leaves nothing of a short excerpt out', () => {
    expect(folds(excerpt(['#define EGG 1']))).toEqual([]);
  });
});
