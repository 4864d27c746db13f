/** A pasted text as words. What differs from one machine to the next is not among them. */

export interface Word {
  /** In lower case. `-` and `_` part words, so that TIME_WAIT, time-wait and “time wait” are the same two. */
  readonly word: string;
  /** As it was written. */
  readonly written: string;
  readonly isNumber: boolean;
}

/** Each is what a log line has around its error, and says nothing about which error it is. In this order. */
const NOISE: readonly RegExp[] = [
  // Colours of a terminal.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
  /\u001b\[[\d;]*m/g,
  // Dates and times, with or without a zone: 2026-11-20T03:12:44.120Z, [21/Nov/2026:19:06:31 +0000], Nov 20 03:12:44.
  /\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g,
  /\b\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4})?/g,
  /\b[A-Z][a-z]{2} {1,2}\d{1,2} (?=\d\d:\d\d)/g,
  /\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b/g,
  // Addresses of pages, and of hosts with their ports: 10.0.0.5:47110, [fd78::1]:8001, fd78::1.
  /\b[a-z][a-z+]*:\/\/[^\s"'<>)\]]+/gi,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+|:\*|\/\d+)?\b/g,
  /\[[\da-f]*(?::[\da-f]*){2,}\](?::\d+)?/gi,
  /(?<![\w:])(?:[\da-f]{1,4}:){2,7}[\da-f]{0,4}(?::[\da-f]{1,4})*(?![\w:])|(?<![\w:])[\da-f]{1,4}::[\da-f:]*/gi,
  // Numbers and ids in hexadecimal.
  /\b0x[\da-f]+\b/gi,
  /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi,
  // Files.
  /(?<![\w.])~?\/(?:[\w.@%+-]+\/)*[\w.@%+-]+/g,
];

/** A word, or a number. */
const PART = /[a-z]+(?:'[a-z]+)*|\d+(?:\.\d+)*/gi;

/** Letters and digits that stand together: `9f8ac1` is an id and no name, `accept4` is a name and `40ms` a time. */
const TOGETHER = /(?<![\w-])(?=\w*\d)(?=\w*[a-z])\w+(?![\w-])/gi;
const NAME = /^[a-z_]+\d(?:_[a-z]+)*$/i;
const TIME = /^\d+(?:[mun]?s|sec|min|h)$/i;

/** The words of a text, in their order. */
export function wordsOf(text: string): Word[] {
  let rest = text.replace(/[“”„«»]/g, '"').replace(/[‘’]/g, "'");
  for (const noise of NOISE) rest = rest.replace(noise, ' ');
  rest = rest.replace(TOGETHER, (word) => (NAME.test(word) || TIME.test(word) ? word : ' '));
  return [...rest.matchAll(PART)].map(([written]) => ({
    word: written.toLowerCase(),
    written,
    isNumber: /^\d/.test(written),
  }));
}
