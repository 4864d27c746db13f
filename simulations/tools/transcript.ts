/** The run in words: every event that tells the story, with its time. */
import { clockTime } from '../engine/duration.ts';
import { plain } from '../engine/trace.ts';
import type { Tool } from './line.ts';

export const transcript: Tool = {
  name: 'words',
  command: 'the run in words',
  lines: (trace) =>
    trace.beats.map((index) => {
      const event = trace.events[index];
      return { event: index, text: event ? `${clockTime(event.at_us)}  ${plain(event.says)}` : '' };
    }),
};
