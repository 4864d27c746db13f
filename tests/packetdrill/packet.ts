/**
 * Packets as a script writes them: `S. 0:0(0) ack 1 win 65535 <mss 1460>` and `icmp unreachable host_unreachable`.
 *
 * Left out: UDP, IPv6, ECN in the IP header, urgent pointers, options other than those below.
 */
import type { Scanner } from './scanner.ts';

export type TcpOption =
  | { readonly kind: 'mss'; readonly value: number }
  | { readonly kind: 'wscale'; readonly value: number }
  | { readonly kind: 'sackOK' | 'nop' | 'eol' }
  | { readonly kind: 'TS'; readonly val: number; readonly ecr: number }
  | { readonly kind: 'sack'; readonly blocks: readonly { readonly start: number; readonly end: number }[] };

export interface ScriptSegment {
  readonly kind: 'tcp';
  /** Letters of `SFRPEWU.` in this order; empty for no flags. */
  readonly flags: string;
  /** Numbers count from each side's SYN. */
  readonly seq: number;
  readonly payload_bytes: number;
  readonly ack: number | null;
  /** The field as it is on the wire, or null when the script does not say. */
  readonly window: number | null;
  /** Null when the script does not say (nothing, or `<...>`). */
  readonly options: readonly TcpOption[] | null;
}

/** An ICMP destination unreachable about a segment of this host's. */
export interface ScriptIcmp {
  readonly kind: 'icmp';
  readonly code: IcmpCode;
  /** Next hop's MTU, with `frag_needed`. */
  readonly mtu: number;
  /** Where in this host's stream the segment began that the error is about. */
  readonly about_seq: number;
}

/** Codes of ICMP destination unreachable (RFC 792, RFC 1812). */
export const ICMP_CODES = {
  net_unreachable: 0,
  host_unreachable: 1,
  protocol_unreachable: 2,
  port_unreachable: 3,
  frag_needed: 4,
  source_route_failed: 5,
  net_prohibited: 9,
  host_prohibited: 10,
  packet_filtered: 13,
} as const;
export type IcmpCode = keyof typeof ICMP_CODES;

const DIGITS = /\d+/;
export const FLAGS = 'SFRPEWU.';

/** What stands behind `<` or `>`. @throws ScriptError */
export function parsePacket(s: Scanner): ScriptSegment | ScriptIcmp {
  return s.take(/icmp\b/) ? parseIcmp(s) : parseSegment(s);
}

function parseIcmp(s: Scanner): ScriptIcmp {
  s.expect(/unreachable\b/, '`unreachable` (the one type of ICMP that is known)');
  const code = s.expect(/\w+/, 'a code');
  if (!Object.hasOwn(ICMP_CODES, code))
    s.fail(
      `no code of ICMP unreachable is called \`${code}\`: known are ${Object.keys(ICMP_CODES).join(', ')}`,
    );
  const mtu = s.take(/mtu\b/) ? number(s, 'mtu') : 0;
  let about_seq = 0;
  if (s.take(/\[/)) {
    about_seq = parseRange(s).seq;
    s.expect(/\]/, '`]`');
  }
  return { kind: 'icmp', code: code as IcmpCode, mtu, about_seq };
}

function parseSegment(s: Scanner): ScriptSegment {
  const written = s.expect(/[SFRPEWU.]+(?=\s)|-(?=\s)/, `TCP flags (letters of ${FLAGS}, or \`-\` for none)`);
  const { seq, payload_bytes } = parseRange(s);
  const ack = s.take(/ack\b/) ? number(s, 'ack') : null;
  const window = s.take(/win\b/) ? number(s, 'win') : null;
  const options = s.take(/</) ? parseOptions(s) : null;
  const flags = written === '-' ? '' : sortFlags(written);
  if (flags.includes('.') && ack === null) s.fail('a segment with the flag `.` must say `ack NUMBER`');
  return { kind: 'tcp', flags, seq, payload_bytes, ack, window, options };
}

/** `1:1001(1000)`. */
function parseRange(s: Scanner): { seq: number; payload_bytes: number } {
  const line = s.line;
  const seq = Number(s.expect(DIGITS, 'a sequence number (`seq:end(bytes)`)'));
  s.expect(/:/, '`:`');
  const end = Number(s.expect(DIGITS, 'the end of the range (`seq:end(bytes)`)'));
  s.expect(/\(/, '`(`');
  const payload_bytes = Number(s.expect(DIGITS, 'a number of bytes (`seq:end(bytes)`)'));
  s.expect(/\)/, '`)`');
  if (end - seq !== payload_bytes)
    s.fail(`from ${seq} to ${end} are ${end - seq} bytes, not ${payload_bytes}`, line);
  return { seq, payload_bytes };
}

function parseOptions(s: Scanner): readonly TcpOption[] | null {
  if (s.take(/\.\.\./)) {
    s.expect(/>/, '`>`');
    return null;
  }
  const options: TcpOption[] = [];
  if (s.take(/>/)) return options;
  do options.push(parseOption(s));
  while (s.take(/,/));
  s.expect(/>/, '`,` or `>`');
  return options;
}

function parseOption(s: Scanner): TcpOption {
  const name = s.expect(/\w+/, 'a TCP option');
  switch (name) {
    case 'mss':
    case 'wscale':
      return { kind: name, value: number(s, name) };
    case 'sackOK':
    case 'nop':
    case 'eol':
      return { kind: name };
    case 'TS': {
      s.expect(/val\b/, '`val`');
      const val = number(s, 'val');
      s.expect(/ecr\b/, '`ecr`');
      return { kind: 'TS', val, ecr: number(s, 'ecr') };
    }
    case 'sack': {
      const blocks = [];
      while (s.sees(DIGITS)) {
        const start = number(s, 'sack');
        s.expect(/:/, '`:`');
        blocks.push({ start, end: number(s, 'sack') });
      }
      return { kind: 'sack', blocks };
    }
    default:
      return s.fail(`no TCP option is called \`${name}\`: known are mss, wscale, sackOK, sack, TS, nop, eol`);
  }
}

const number = (s: Scanner, after: string): number =>
  Number(s.expect(DIGITS, `a number behind \`${after}\``));

/** The same letters in the order in which they are compared and printed. */
export const sortFlags = (letters: string): string =>
  [...FLAGS].filter((flag) => letters.includes(flag)).join('');

/** An option in the script's notation. */
export function optionText(option: TcpOption): string {
  switch (option.kind) {
    case 'mss':
    case 'wscale':
      return `${option.kind} ${option.value}`;
    case 'TS':
      return `TS val ${option.val} ecr ${option.ecr}`;
    case 'sack':
      return `sack ${option.blocks.map(({ start, end }) => `${start}:${end}`).join(' ')}`;
    default:
      return option.kind;
  }
}

/** A segment in the script's notation. */
export function segmentText({ flags, seq, payload_bytes, ack, window, options }: ScriptSegment): string {
  return [
    flags || '-',
    `${seq}:${seq + payload_bytes}(${payload_bytes})`,
    ...(ack === null ? [] : [`ack ${ack}`]),
    ...(window === null ? [] : [`win ${window}`]),
    ...(options === null ? [] : [`<${options.map(optionText).join(',')}>`]),
  ].join(' ');
}
