/** How a long fetch tells that it goes on: a line on a terminal that replaces itself, or some lines in a log. */

/** Tells a person at a terminal, or a log, what takes so long. */
export interface Progress {
  /** A line that stays. */
  say(line: string): void;
  /** What is happening now: replaces itself on a terminal, one line every few seconds in a log. */
  show(status: string): void;
  /** Takes the status line away. */
  clear(): void;
}

interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

const LOG_INTERVAL_MS = 3_000;
const ERASE_LINE = '\r\x1b[K';

/** Progress on a stream, by default stderr, so that stdout stays free for results. */
export function progressOn(output: Output = process.stderr, now: () => number = Date.now): Progress {
  let last_line_at_ms = Number.NEGATIVE_INFINITY;
  const clear = () => {
    if (output.isTTY) output.write(ERASE_LINE);
  };
  return {
    clear,
    say(line) {
      clear();
      output.write(`${line}\n`);
    },
    show(status) {
      if (output.isTTY) {
        output.write(`${ERASE_LINE}${status}`);
      } else if (now() - last_line_at_ms >= LOG_INTERVAL_MS) {
        last_line_at_ms = now();
        output.write(`${status}\n`);
      }
    },
  };
}
