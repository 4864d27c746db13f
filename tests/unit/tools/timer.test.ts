import { describe, expect, it } from 'vitest';
import { timerText } from '#simulations/tools/ss/timer.ts';

describe('the timer in ss', () => {
  it.each([
    [4, '004ms'],
    [316, '316ms'],
    [1000, '1sec'],
    [1500, '1.500ms'],
    [3228, '3.228ms'],
    [8132, '8.132ms'],
    [9999, '9.999ms'],
    [15_400, '15sec'],
    [32_000, '32sec'],
    [60_000, '1min'],
    [64_000, '1min4sec'],
    [119_000, '1min59sec'],
    [120_000, '2min'],
    [605_000, '10min'],
  ])('of %i ms reads %s', (ms, text) => {
    expect(timerText(ms)).toBe(text);
  });
});
