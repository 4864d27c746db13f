/** Values as strace writes them. */
import { familyOf } from '../../network/packet.ts';

/** Bytes that the simulation does not know: as `strace -s 0` prints all bytes. */
export const BYTES = '""...';
/** Where a buffer would be that nothing was written to. Nobody knows it here. */
export const POINTER = '0x7ffc5a1f2c40';

const ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** Bytes in quotes: an octal number is as short as the byte after it allows. */
function quoted(bytes: Uint8Array): string {
  const isOctalDigit = (byte: number | undefined) => byte !== undefined && byte >= 48 && byte <= 55;
  const letters = Array.from(bytes, (byte, i) => {
    const escaped = ESCAPES[byte];
    if (escaped) return escaped;
    if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
    const octal = byte.toString(8);
    return `\\${isOctalDigit(bytes[i + 1]) ? octal.padStart(3, '0') : octal}`;
  });
  return `"${letters.join('')}"`;
}

/**
 * A `struct timeval` that strace does not decode, as an option of a socket is.
 *
 * @param string_limit as -s gives it
 */
export function timevalBytes(ms: number, string_limit: number): string {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setBigInt64(0, BigInt(Math.floor(ms / 1000)), true);
  bytes.setBigInt64(8, BigInt((ms % 1000) * 1000), true);
  const shown = new Uint8Array(bytes.buffer, 0, Math.min(16, string_limit));
  return quoted(shown) + (string_limit < 16 ? '...' : '');
}

/** `{tv_sec=5, tv_usec=0}`. */
export const timeval = (us: number): string =>
  `{tv_sec=${Math.floor(us / 1e6)}, tv_usec=${Math.floor(us % 1e6)}}`;

export const timespec = (ms: number): string =>
  `{tv_sec=${Math.floor(ms / 1000)}, tv_nsec=${Math.round((ms % 1000) * 1e6)}}`;

/** A `struct sockaddr_in` or `struct sockaddr_in6`, and its length. */
export const sockaddr = (address: string, port: number): string =>
  familyOf(address) === 'inet6'
    ? `{sa_family=AF_INET6, sin6_port=htons(${port}), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "${address}", &sin6_addr), sin6_scope_id=0}, 28`
    : `{sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr("${address}")}, 16`;
