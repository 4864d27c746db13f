import { describe, expect, test } from 'vitest';
import { locateMarks } from '#site/excerpts/marks.ts';

const cut = { first_line: 40, last_line: 44, text: 'int egg(void)\n{\n\tlay();\n\tlay();\n}' };

describe('a mark', () => {
  test("names the line of the kernel's file that its pattern is on", () => {
    expect(locateMarks(cut, { signature: { at: 'egg(void)' }, end: { at: '}' } }).marks).toEqual({
      signature: { first_line: 40, last_line: 40 },
      end: { first_line: 44, last_line: 44 },
    });
  });

  test('lights as many lines as it asks for', () => {
    expect(locateMarks(cut, { body: { at: '{', lines: 3 } }).marks).toEqual({
      body: { first_line: 41, last_line: 43 },
    });
  });

  test("may reach over a line's end to be unique", () => {
    expect(locateMarks(cut, { second: { at: 'lay();\n}' } }).marks).toEqual({
      second: { first_line: 43, last_line: 43 },
    });
  });

  test('is a problem when it matches twice, never, or reaches past the end', () => {
    const { marks, problems } = locateMarks(cut, {
      twice: { at: 'lay()' },
      never: { at: 'hatch()' },
      long: { at: '}', lines: 2 },
    });
    expect(marks).toEqual({});
    expect(problems).toEqual([
      'mark "twice" must match once and matches 2 times: lay()',
      'mark "never" must match once and matches 0 times: hatch()',
      'mark "long" reaches past the end of the excerpt',
    ]);
  });
});
