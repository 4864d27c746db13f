import { describe, expect, test } from 'vitest';
import { openFile } from '#site/excerpts/cutter.ts';

const SOURCE = `// SPDX-License-Identifier: GPL-2.0
#include <basket.h>

#define BASKET_MAX \\
	(4 * DOZEN)

int fill_basket(struct basket *basket, int eggs);

struct basket {
	int eggs;
};

static const struct rule rules[] = {
	{ .name = "brace { in a string", },
	{ .name = "plain", },
};
EXPORT_RULES(rules);

/* Not part of the cut. */
int fill_basket(struct basket *basket,
		int eggs)
	__must_hold(&basket->lock)
{
	for_each_egg(egg, basket)
		count_egg(egg, rules);

	if (eggs == '}') /* a comment with { */
		return 0;
#ifdef CONFIG_HENS
	else if (eggs > BASKET_MAX) {
		return -1;
	}
#endif
	return basket->eggs + eggs;
}

static struct basket *find_basket(int (*fill_basket)(int))
{
	return NULL;
}
`;

async function cut(symbol: string, source = SOURCE) {
  return (await openFile(source)).cut(symbol);
}

describe('the cutter', () => {
  test('cuts a function from its signature to its closing brace, passing over prototype, calls and parameters', async () => {
    const { first_line, last_line, text } = await cut('fill_basket');
    expect(text.split('\n')[0]).toBe('int fill_basket(struct basket *basket,');
    expect(text.endsWith('\n}')).toBe(true);
    expect(
      SOURCE.split('\n')
        .slice(first_line - 1, last_line)
        .join('\n'),
    ).toBe(text);
  });

  test('cuts a function that returns a pointer', async () => {
    expect((await cut('find_basket')).text).toContain('return NULL;\n}');
  });

  test('cuts a table with its semicolon', async () => {
    expect(await cut('rules')).toMatchObject({
      first_line: 13,
      last_line: 16,
      text: expect.stringMatching(/^static [\s\S]*\n\};$/),
    });
  });

  test('cuts a type with its semicolon', async () => {
    expect((await cut('basket')).text).toBe('struct basket {\n\tint eggs;\n};');
  });

  test('cuts a macro over its continued lines', async () => {
    expect(await cut('BASKET_MAX')).toEqual({
      first_line: 4,
      last_line: 5,
      text: '#define BASKET_MAX \\\n\t(4 * DOZEN)',
    });
  });

  test('names a symbol that is not defined', async () => {
    await expect(cut('count_egg')).rejects.toThrow('count_egg is not defined there');
  });

  test('names a symbol that is defined twice', async () => {
    const twice = '#ifdef A\nint egg(void)\n{\n}\n#else\nint egg(void)\n{\n}\n#endif\n';
    await expect(cut('egg', twice)).rejects.toThrow('egg is defined 2 times');
  });

  test('refuses a cut that does not end in column 0', async () => {
    await expect(cut('egg', 'int egg(void)\n{\n\treturn 1; }\n')).rejects.toThrow(
      'the cut of egg does not end on a } in column 0',
    );
  });

  test('refuses a cut whose braces do not balance', async () => {
    const torn = 'int egg(void)\n{\n\tif (a) {\n\t\tgo();\n}\n';
    await expect(cut('egg', torn)).rejects.toThrow('the braces of egg do not balance (+1)');
  });
});
