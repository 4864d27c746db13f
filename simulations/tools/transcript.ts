/** The run in words: every event that tells the story, with its time. */
import { clockTime } from '../engine/duration.ts';
import { plain } from '../trace/event.ts';
import type { Tool } from './tool.ts';

/** @param clock how a moment is written @returns the tool */
export const transcriptIn = (clock: (us: number) => string): Tool => ({
  name: 'words',
  title: 'in words',
  kind: 'words',
  command: 'the run in words',
  lines: (trace) =>
    trace.beats.map((index) => {
      const event = trace.events[index];
      return { event: index, text: event ? `${clock(event.at_us)}  ${plain(event.says)}` : '' };
    }),
});

export const transcript: Tool = transcriptIn(clockTime);
