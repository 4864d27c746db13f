/** Kernel source from the kernel's own git, file by file. */
import { type SourceStep, sourceOf } from './source.ts';

const TIMEOUT_MS = 20_000;
const STABLE_TREE = 'https://git.kernel.org/pub/scm/linux/kernel/git/stable/linux.git/plain';

/** The stable tree's plain files at the pinned version, from the kernel's own git web. */
export function gitWebStep(get: typeof fetch = fetch): SourceStep {
  return {
    name: 'git.kernel.org',
    async open({ series, version, files, progress }) {
      const wanted = ['Makefile', ...files];
      const texts = new Map<string, string>();
      try {
        for (const [index, file] of wanted.entries()) {
          progress.show(
            `Fetching Linux ${version} from git.kernel.org: ${file} (${index + 1} of ${wanted.length})`,
          );
          texts.set(file, await plainFile(get, file, version));
        }
      } finally {
        progress.clear();
      }
      return sourceOf(texts, series);
    },
  };
}

async function plainFile(get: typeof fetch, file: string, version: string): Promise<string> {
  const response = await get(`${STABLE_TREE}/${file}?h=v${version}`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`${file} at v${version} answered ${response.status}`);
  const text = await response.text();
  // A page that guards the site against robots also answers 200.
  if (!text.slice(0, 200).includes('SPDX-License-Identifier'))
    throw new Error(`${file} came back as something other than kernel source`);
  return text;
}
