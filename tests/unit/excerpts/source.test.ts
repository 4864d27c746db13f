import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheStep, keptIn } from '#site/excerpts/cache.ts';
import { gitWebStep } from '#site/excerpts/git-web.ts';
import { directoryStep, firstSource, versionOf } from '#site/excerpts/source.ts';
import { BASKET_C, basketSource, MAKEFILE, silentProgress, sourceRequest, stepThat } from './fixture.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kernel-test-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function writeTree(tree: string, files: Record<string, string>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, tree, file)), { recursive: true });
    await writeFile(join(directory, tree, file), text);
  }
}

describe('the order of sources', () => {
  test('is kept: the first that answers is used and the others are not asked', async () => {
    const [nothing, good, spare] = [stepThat(null), stepThat(basketSource()), stepThat(basketSource())];
    expect(await firstSource([nothing, good, spare], sourceRequest())).toEqual({ source: basketSource() });
    expect([nothing.asked, good.asked, spare.asked]).toEqual([1, 1, 0]);
  });

  test('goes on after a failure and says why in one line', async () => {
    const progress = silentProgress();
    const broken = stepThat(new Error('no disk\nand a long story'), 'the shelf');
    expect(await firstSource([broken, stepThat(basketSource())], sourceRequest({ progress }))).toEqual({
      source: basketSource(),
    });
    expect(progress.said).toEqual(['Kernel source, the shelf: no disk']);
  });

  test('ends with every reason when none answers', async () => {
    const cause = new Error('fetch failed', { cause: new Error('no route') });
    const steps = [stepThat(new Error('empty'), 'the shelf'), stepThat(null), stepThat(cause, 'the web')];
    expect(await firstSource(steps, sourceRequest())).toEqual({
      source: null,
      reason: 'the shelf: empty; the web: fetch failed (no route)',
    });
  });
});

describe('a directory that the user names', () => {
  test('is read with the version from its Makefile', async () => {
    await writeTree('linux', { Makefile: MAKEFILE, 'net/basket.c': BASKET_C });
    const source = await directoryStep(join(directory, 'linux')).open(sourceRequest());
    expect(source?.version).toBe('6.12.3');
    expect(source?.files.get('net/basket.c')).toBe(BASKET_C);
  });

  test('is passed over when none is named', async () => {
    expect(await directoryStep(undefined).open(sourceRequest())).toBeNull();
  });

  test('is refused when it holds another series', async () => {
    await writeTree('linux', { Makefile: MAKEFILE.replace('12', '1'), 'net/basket.c': BASKET_C });
    await expect(directoryStep(join(directory, 'linux')).open(sourceRequest())).rejects.toThrow(
      'holds 6.1.3, and 6.12 is wanted',
    );
  });
});

describe('the cache', () => {
  test('gives back what a step brought', async () => {
    const brought = {
      version: '6.12.3',
      files: new Map([
        ['Makefile', MAKEFILE],
        ['net/basket.c', BASKET_C],
      ]),
    };
    await keptIn(directory, stepThat(brought)).open(sourceRequest());
    expect(await readFile(join(directory, '6.12.3', 'net/basket.c'), 'utf8')).toBe(BASKET_C);
    expect(await cacheStep(directory).open(sourceRequest())).toEqual(brought);
  });

  test('has nothing when it lacks a file that is needed', async () => {
    await writeTree('6.12.3', { Makefile: MAKEFILE, 'net/basket.c': BASKET_C });
    expect(
      await cacheStep(directory).open(sourceRequest({ files: ['net/basket.c', 'net/hen.c'] })),
    ).toBeNull();
  });

  test('has nothing before the first fetch', async () => {
    expect(await cacheStep(join(directory, 'absent')).open(sourceRequest())).toBeNull();
  });

  test('prefers the pinned version, then the newest', async () => {
    for (const patch of ['3', '9', '10'])
      await writeTree(`6.12.${patch}`, {
        Makefile: MAKEFILE.replace('= 3', `= ${patch}`),
        'net/basket.c': BASKET_C,
      });
    expect((await cacheStep(directory).open(sourceRequest()))?.version).toBe('6.12.3');
    expect((await cacheStep(directory).open(sourceRequest({ version: '6.12.7' })))?.version).toBe('6.12.10');
  });
});

describe("the kernel's git web", () => {
  function answering(answers: Record<string, Response>): { get: typeof fetch; asked: string[] } {
    const asked: string[] = [];
    const get = async (url: string | URL | Request) => {
      asked.push(String(url));
      return answers[String(url).split('/plain/')[1] ?? ''] ?? new Response('', { status: 404 });
    };
    return { get, asked };
  }

  test('is asked for the plain files of the pinned version', async () => {
    const { get, asked } = answering({
      'Makefile?h=v6.12.3': new Response(MAKEFILE),
      'net/basket.c?h=v6.12.3': new Response(BASKET_C),
    });
    const source = await gitWebStep(get).open(sourceRequest());
    expect(source?.version).toBe('6.12.3');
    expect(source?.files.get('net/basket.c')).toBe(BASKET_C);
    expect(asked).toEqual([
      'https://git.kernel.org/pub/scm/linux/kernel/git/stable/linux.git/plain/Makefile?h=v6.12.3',
      'https://git.kernel.org/pub/scm/linux/kernel/git/stable/linux.git/plain/net/basket.c?h=v6.12.3',
    ]);
  });

  test('fails with the file that it does not have', async () => {
    const { get } = answering({ 'Makefile?h=v6.12.3': new Response(MAKEFILE) });
    await expect(gitWebStep(get).open(sourceRequest())).rejects.toThrow(
      'net/basket.c at v6.12.3 answered 404',
    );
  });

  test('fails when a web page comes back instead of source', async () => {
    const { get } = answering({
      'Makefile?h=v6.12.3': new Response('<!doctype html><title>Are you a robot?</title>'),
    });
    await expect(gitWebStep(get).open(sourceRequest())).rejects.toThrow(
      'Makefile came back as something other than kernel source',
    );
  });
});

describe('the version in a Makefile', () => {
  test("leaves out a patch level of nought, as the kernel's tags do", () => {
    expect(versionOf(MAKEFILE.replace('= 3', '= 0'))).toBe('6.12');
  });

  test('must be stated', () => {
    expect(() => versionOf('all:\n')).toThrow('the Makefile states no kernel version');
  });
});
