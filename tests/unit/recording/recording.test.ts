import { describe, expect, test } from 'vitest';
import { parseRecording } from '#simulations/recording/recording.ts';

const ran = {
  name: 'no answer',
  parameters: { peer: 'drops', tcp_syn_retries: 1 },
  observed: { errno: null },
};
const recording = {
  lab: 'connect-timeout',
  format: 1,
  recorded_on: '2026-11-21',
  kernel: '6.18.44',
  hz: 250,
  arch: 'x86_64',
  cases: [ran],
};

const read = (change: object) =>
  parseRecording(JSON.stringify({ ...recording, ...change }), 'recording.json');

describe('a recording', () => {
  test('is read as its lab wrote it, with what the lab noted besides', () => {
    const noted = { tries: 3, cases: [{ ...ran, sysctls: { tcp_syn_retries: 1 }, stepped: true }] };
    expect(read(noted)).toEqual({ ...recording, ...noted });
  });

  test('may have a case that could not be run, with the reason', () => {
    const skipped = { name: 'linear timeouts', parameters: {}, skipped: 'Linux 6.1 has no such sysctl' };
    expect(read({ cases: [skipped] }).cases).toEqual([skipped]);
  });

  test.each([
    ['another format', { format: 2 }, 'format: Invalid input: expected 1'],
    ['no lab', { lab: undefined }, 'lab: Invalid input: expected string, received undefined'],
    ['a date that is none', { recorded_on: '21 November' }, 'recorded_on: must be a date, YYYY-MM-DD'],
    ['a kernel without a version', { kernel: 'Linux' }, 'kernel: must be a version of Linux, such as 6.12.1'],
    ['a CONFIG_HZ as text', { hz: '250' }, 'hz: Invalid input: expected number, received string'],
    ['a CONFIG_HZ of 0', { hz: 0 }, 'hz: Too small: expected number to be >0'],
    ['no cases', { cases: undefined }, 'cases: Invalid input: expected array, received undefined'],
    ['a case without a name', { cases: [{ ...ran, name: undefined }] }, 'cases[0].name: Invalid input'],
    [
      'a parameter that is an object',
      { cases: [{ ...ran, parameters: { peer: {} } }] },
      'cases[0].parameters.peer: must be text, a number, true or false',
    ],
    [
      'a case that neither ran nor was skipped',
      { cases: [ran, { name: 'another', parameters: {} }] },
      'cases[1]: must have "observed", or else "skipped" with the reason',
    ],
    [
      'a case that ran and was skipped',
      { cases: [{ ...ran, skipped: 'no tool' }] },
      'cases[0]: must have "observed", or else "skipped" with the reason',
    ],
    ['two cases of one name', { cases: [ran, ran] }, 'cases[1].name: there is another "no answer"'],
  ])('with %s is refused: the error names the file and the place', (_what, change, complaint) => {
    expect(() => read(change)).toThrow(`recording.json: ${complaint}`);
  });

  test('cut short is refused', () => {
    const text = JSON.stringify(recording);
    const half = () => parseRecording(text.slice(0, text.length / 2), 'recording.json');
    expect(half).toThrow('recording.json: is no JSON: ');
  });

  test('names every wrong place at once, a line for each', () => {
    const wrong = () => read({ hz: 0, cases: [{ ...ran, observed: 'ETIMEDOUT' }] });
    expect(wrong).toThrow(/^recording\.json: hz: .*\nrecording\.json: cases\[0\]\.observed: .*$/);
  });
});
