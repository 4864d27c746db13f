/** What the fields take from text as `ss` and logs print it: an endpoint, or a whole line. */
import { FIELDS, type Field, isAddress } from './fields.ts';

/** What was found, as it fills the fields; and the fields for which there was more than one, which fill nothing. */
export interface Found {
  readonly values: Readonly<Partial<Record<Field, string>>>;
  readonly several: Readonly<Partial<Record<Field, readonly string[]>>>;
}

/** What stands between the words of a line: `->` between two ends, `//` in a URL, brackets and quotes around `users:`. */
const BETWEEN = /[\s,;"'<>()=/]+|->/;
/** One end as ss, Go, Java and URLs write it: `10.1.2.3:80`, `[::1]:80`, `[fe80::1%eth0]`, `*:80`, `:80`, `10.1.2.3`. */
const END =
  /^(?:\[(?<six>[\da-f:.]+)(?:%[\w.-]+)?\]|(?<four>\d+(?:\.\d+){3})(?:%[\w.-]+)?|\*)?(?::(?<port>\d+|\*))?$/i;
const BARE_SIX = /^[\da-f:.]*:[\da-f:.]*:[\da-f:.]*$/i;
/** By itself only: in a line, `main.go:12` looks the same. */
const NAME = /^(?<name>[a-z_][\w.-]*):(?<port>\d+)$/i;
const PID = /\bpid[=: ]+(\d+)/gi;
/** A socket’s row of ss, in which the peer is the second end, or Go’s `local->peer`. */
const TWO_ENDS =
  /^\s*(?:tcp\s+)?(?:ESTAB|SYN-SENT|SYN-RECV|FIN-WAIT-[12]|TIME-WAIT|CLOSE-WAIT|LAST-ACK|CLOSING|LISTEN|UNCONN)\s|->/;
const ANY = new Set(['0.0.0.0', '::', '*']);

interface End {
  /** Empty where it is any address. */
  readonly address: string;
  readonly port: string;
}

function endsIn(text: string): End[] {
  const ends: End[] = [];
  for (const piece of text.split(BETWEEN)) {
    // What follows a colon in a log is a reason.
    const word = isAddress(piece) ? piece : piece.replace(/[:.]$/, '');
    const { six, four, port = '' } = END.exec(word)?.groups ?? {};
    const address = six ?? four ?? (BARE_SIX.test(word) ? word : '');
    if ((!address && !port) || (address && !isAddress(address))) continue;
    ends.push({ address: ANY.has(address) ? '' : address, port: port === '*' ? '' : port });
  }
  return ends;
}

/**
 * Reads what somebody has put into a field and is no value of it.
 * @param into the field, which decides what a port is
 */
export function foundIn(text: string, into: Field): Found {
  const isPort = FIELDS[into] === FIELDS.PORT;
  const named = into === 'PEER' || isPort ? NAME.exec(text.trim())?.groups : undefined;
  const ends: readonly End[] = named ? [{ address: named.name ?? '', port: named.port ?? '' }] : endsIn(text);
  const peers = TWO_ENDS.test(text) && ends.length > 1 ? ends.slice(1, 2) : ends;
  const all: Partial<Record<Field, readonly (string | undefined)[]>> = {
    PEER: peers.map(({ address }) => address),
    [isPort ? into : 'PORT']: ends.map(({ port }) => port),
    PID: [...text.matchAll(PID)].map(([, digits]) => digits),
  };
  const values: Partial<Record<Field, string>> = {};
  const several: Partial<Record<Field, readonly string[]>> = {};
  for (const [key, found] of Object.entries(all)) {
    const field = key as Field;
    const sound = [...new Set(found)].filter((each) => each && FIELDS[field].isSound(each)) as string[];
    const [first, ...others] = sound;
    if (others.length) several[field] = sound;
    else if (first) values[field] = first;
  }
  return { values, several };
}
