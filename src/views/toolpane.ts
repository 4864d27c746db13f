/** A tool's output as lines that appear with their events. */

import type { Tool } from '#simulations/tools/tool.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { escapeText } from './svg.ts';

export const toolPane = (tool: Tool, trace: Trace): string =>
  tool
    .lines(trace)
    .map(
      ({ event, until, text }) =>
        `<span data-from="${event}"${until === undefined ? '' : ` data-until="${until}"`}>${escapeText(text)}\n</span>`,
    )
    .join('');
