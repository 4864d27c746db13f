import { describe, expect, test } from 'vitest';
import { choose, openSteps, START } from '#site/playbook/walk.ts';

const STEPS = [
  { id: 'a', leads: ['b', 'c', undefined] },
  { id: 'b', leads: ['c', 'a'] },
  { id: 'c', leads: [undefined] },
  { id: 'aid', leads: ['a'] },
] as const;
const [a, b] = STEPS;

const open = (walk: Parameters<typeof openSteps>[1]) => [...openSteps(STEPS, walk)];

describe('a walk through a playbook', () => {
  test('begins with the first step open, and no other', () => {
    expect(open(START)).toEqual(['a']);
  });

  test('opens the step that an answer leads to, and the step after it', () => {
    const once = choose(START, a, 0);
    expect(open(once)).toEqual(['a', 'b']);
    expect(open(choose(once, b, 0))).toEqual(['a', 'b', 'c']);
  });

  test('opens nothing where an answer ends it', () => {
    expect(open(choose(START, a, 2))).toEqual(['a']);
  });

  test('that takes another way folds the steps of the first, and has their answers when it comes back', () => {
    const first = choose(choose(START, a, 0), b, 0);
    const other = choose(first, a, 2);
    expect(open(other)).toEqual(['a']);
    expect(open(choose(other, a, 0))).toEqual(['a', 'b', 'c']);
  });

  test('takes an answer back when it is chosen again', () => {
    expect(choose(choose(START, a, 1), a, 1)).toEqual(START);
  });

  test('may go round', () => {
    expect(open(choose(choose(START, a, 0), b, 1))).toEqual(['a', 'b']);
  });

  test('opens and closes any step by hand', () => {
    expect(open({ answers: {}, byHand: { c: true } })).toEqual(['a', 'c']);
    expect(open({ answers: { a: 0 }, byHand: { b: false } })).toEqual(['a']);
  });

  test('goes on from a step that was opened by hand', () => {
    expect(open({ answers: { b: 0 }, byHand: { b: true } })).toEqual(['a', 'b', 'c']);
  });

  test('opens a step that was closed by hand when an answer leads to it', () => {
    expect(open(choose({ answers: {}, byHand: { b: false } }, a, 0))).toEqual(['a', 'b']);
  });

  test('that was kept for steps which are no more opens nothing strange', () => {
    expect(open({ answers: { gone: 1, a: 9 }, byHand: { gone: true } })).toEqual(['a']);
  });
});
