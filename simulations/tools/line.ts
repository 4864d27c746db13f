/** A line that a real tool would print, tied to the trace. */
export interface ToolLine {
  /** Index of the event with which the line appears. */
  readonly event: number;
  /** Index of the event with which another line takes its place; absent when it stays. */
  readonly until?: number;
  readonly text: string;
}

/** The lines that stand after the last event, as a capture to its end would show them. */
export const finalLines = (lines: readonly ToolLine[]): readonly ToolLine[] =>
  lines.filter(({ until }) => until === undefined);

/** Each in the place of the one before it, as a command that is run again and again shows them. */
export const oneAtATime = (lines: readonly ToolLine[]): readonly ToolLine[] =>
  lines.map((line, i) => {
    const next = lines[i + 1];
    return next ? { ...line, until: next.event } : line;
  });

/** The wall clock that the tools print: a run begins at midnight. `00:00:07.000000` @param us microseconds */
export function timeOfDay(us: number): string {
  const seconds = Math.floor(us / 1e6);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(us % 1e6).padStart(6, '0')}`;
}
