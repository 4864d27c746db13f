import type { Progress } from '#site/excerpts/progress.ts';
import type { KernelSource, SourceRequest, SourceStep } from '#site/excerpts/source.ts';

/** A file in the kernel's manner, written for these tests. */
export const BASKET_C = `// SPDX-License-Identifier: GPL-2.0-only
static int fill_basket(int eggs)
{
	if (eggs > 12)
		return 1;
	return 0;
}
`;

export const MAKEFILE = '# SPDX-License-Identifier: GPL-2.0\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\n';

/** Keeps what was said instead of writing it to the terminal. */
export function silentProgress(): Progress & { said: string[] } {
  const said: string[] = [];
  return { said, say: (line) => said.push(line), show: () => {}, clear: () => {} };
}

export function sourceRequest(change: Partial<SourceRequest> = {}): SourceRequest {
  return {
    series: '6.12',
    version: '6.12.3',
    files: ['net/basket.c'],
    progress: silentProgress(),
    ...change,
  };
}

export function basketSource(version = '6.12.3', text = BASKET_C): KernelSource {
  return { version, files: new Map([['net/basket.c', text]]) };
}

/** A step that answers, has nothing (null) or fails, and counts how often it was asked. */
export function stepThat(
  answer: KernelSource | null | Error,
  name = 'a step',
): SourceStep & { asked: number } {
  return {
    name,
    asked: 0,
    async open() {
      this.asked += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}
