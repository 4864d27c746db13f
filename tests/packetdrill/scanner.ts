/** Reads a script's text from left to right and knows the line on which it stands. */

/** A script that cannot be read, or that does not hold: `file.pkt:12: what is wrong`. */
export class ScriptError extends Error {
  /** @param line of the script, from 1 */
  constructor(script: string, line: number, message: string) {
    super(`${script}:${line}: ${message}`);
    this.name = 'ScriptError';
  }
}

/** Blanks, `// …`, `# …` at the start of a line, and C comments. */
const BLANK = /(?:\s|\/\/[^\n]*|(?<=^[ \t]*)#[^\n]*|\/\*[\s\S]*?\*\/)+/my;

export class Scanner {
  readonly #name: string;
  readonly #text: string;
  #at = 0;

  /** @param name the script's, for messages */
  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
  }

  /** The line of what comes next, from 1. */
  get line(): number {
    this.#skip();
    return this.#text.slice(0, this.#at).split('\n').length;
  }

  get isAtEnd(): boolean {
    this.#skip();
    return this.#at >= this.#text.length;
  }

  /** What `pattern` matches here, behind blanks and comments, or null. It is passed over. */
  take(pattern: RegExp): string | null {
    this.#skip();
    const sticky = new RegExp(pattern.source, `${pattern.flags.replace('y', '')}y`);
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text)?.[0];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }

  /** Whether `pattern` matches here. Nothing is passed over. */
  sees(pattern: RegExp): boolean {
    const before = this.#at;
    const found = this.take(pattern);
    this.#at = before;
    return found !== null;
  }

  /** As {@link take}. @param what is allowed here, for the message @throws ScriptError */
  expect(pattern: RegExp, what: string): string {
    const found = this.take(pattern);
    if (found === null) this.fail(`${what} is expected here, not ${this.#seen()}`);
    return found;
  }

  /** @throws ScriptError always, with the line of what comes next or with the one given */
  fail(message: string, line = this.line): never {
    throw new ScriptError(this.#name, line, message);
  }

  #seen(): string {
    const rest = this.#text.slice(this.#at).split('\n')[0]?.trim().slice(0, 30);
    return rest ? `\`${rest}\`` : 'the end';
  }

  #skip(): void {
    BLANK.lastIndex = this.#at;
    this.#at += BLANK.exec(this.#text)?.[0].length ?? 0;
  }
}
