import { describe, expect, test } from 'vitest';
import { progressOn } from '#site/excerpts/progress.ts';

function recorded(isTTY: boolean) {
  const written: string[] = [];
  let clock_ms = 0;
  const progress = progressOn({ isTTY, write: (text) => written.push(text) }, () => clock_ms);
  const wait = (duration_ms: number) => {
    clock_ms += duration_ms;
  };
  return { written, progress, wait };
}

describe('progress', () => {
  test('replaces its line on a terminal', () => {
    const { written, progress } = recorded(true);
    progress.show('1 of 2');
    progress.show('2 of 2');
    progress.clear();
    expect(written).toEqual(['\r\x1b[K1 of 2', '\r\x1b[K2 of 2', '\r\x1b[K']);
  });

  test('is a plain line every few seconds in a log', () => {
    const { written, progress, wait } = recorded(false);
    progress.show('start');
    wait(1_000);
    progress.show('too soon');
    wait(2_000);
    progress.show('later');
    progress.clear();
    expect(written).toEqual(['start\n', 'later\n']);
  });

  test('lets a line stay', () => {
    const { written, progress } = recorded(false);
    progress.say('no such directory');
    expect(written).toEqual(['no such directory\n']);
  });
});
