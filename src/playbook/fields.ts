/** The words of a playbook's commands that a reader fills in once: what each may be, and so what is safe in a shell. */

/** What a field holds. */
interface Kind {
  /** Whether a text is one. What is not, fills nothing, so nothing that a shell reads gets into a command. */
  readonly isSound: (text: string) => boolean;
  /** Said where it is not. */
  readonly wants: string;
  readonly inputmode: 'numeric' | 'text';
  /** Characters that the longest usual one has. */
  readonly width: number;
}

const whole = (most: number) => (text: string) => /^[1-9]\d*$/.test(text) && Number(text) <= most;

/** PID_MAX_LIMIT of a 64-bit kernel, include/linux/threads.h. */
const pid: Kind = {
  isSound: whole(4_194_304),
  wants: 'a number from 1 to 4194304, such as 2001',
  inputmode: 'numeric',
  width: 7,
};
const port: Kind = {
  isSound: whole(65_535),
  wants: 'a number from 1 to 65535',
  inputmode: 'numeric',
  width: 5,
};
const address: Kind = {
  isSound: isAddress,
  wants: 'an address or a host name, such as 10.1.2.3',
  inputmode: 'text',
  width: 13,
};

/**
 * A dotted quad, an IPv6 address without zone, or a host name of RFC 1123, where `_` is let through too. tcpdump, ss and
 * ip refuse a zone.
 */
export function isAddress(text: string): boolean {
  if (text.includes(':')) return /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`);
  const labels = text.replace(/\.$/, '').split('.');
  // A name whose last label is a number is meant as an address.
  if (/^\d+$/.test(labels.at(-1) ?? ''))
    return (
      labels.length === 4 && labels.every((label) => /^(0|[1-9]\d{0,2})$/.test(label) && Number(label) < 256)
    );
  return text.length <= 253 && labels.every((label) => /^\w([\w-]{0,61}\w)?$/.test(label));
}

/** Every field that a playbook may have: the word as it stands in commands, and what it holds. */
export const FIELDS = {
  PID: pid,
  TID: pid,
  PORT: port,
  CLIENTPORT: port,
  PEER: address,
} as const satisfies Record<string, Kind>;

export type Field = keyof typeof FIELDS;

/** @returns what is wrong with a text for this field, or nothing; an empty text is sound and fills nothing */
export function problemOf(field: Field, text: string): string | undefined {
  const { isSound, wants } = FIELDS[field];
  if (text === '' || isSound(text)) return undefined;
  if (FIELDS[field] === address && /^\[?[\da-f:.]+%/i.test(text))
    return `${field} is ${wants}; tcpdump and ss take no zone, so leave out what begins with %.`;
  return `${field} is ${wants}.`;
}

/** A text as pieces: words of these fields by themselves, the rest between them. */
export function piecesOf(text: string, fields: readonly string[]): string[] {
  return fields.length ? text.split(new RegExp(`\\b(${fields.join('|')})\\b`)).filter(Boolean) : [text];
}

/** The one IP version that a command works for, or nothing where it works for both. */
export type Family = 'IPv4' | 'IPv6';

/**
 * The IP version that a command is for, by its filter: `ip6` and `icmp6` are IPv6’s, `arp` and `icmp` IPv4’s; so are the
 * bytes of a segment, `tcp[…]`, which libpcap reads in IPv4 alone (pcap-filter(7)).
 */
export function familyOf(command: string): Family | undefined {
  if (/\b(ip6|icmp6)\b/.test(command)) return 'IPv6';
  return /\barp\b|\bicmp\b|\b(tcp|udp)\[/.test(command) ? 'IPv4' : undefined;
}

/** The IP version of a sound PEER; a name may have both. */
export function familyOfPeer(peer: string): Family | undefined {
  if (peer.includes(':')) return 'IPv6';
  return /^[\d.]+$/.test(peer) ? 'IPv4' : undefined;
}
