/**
 * A stable hash of anything that JSON can hold: the same content gives the same 16 hexadecimal
 * digits on every machine. It tells two traces apart; it is no protection against an attacker.
 * Two 32-bit FNV-1a lanes with different offsets.
 */
export function contentHash(value: unknown): string {
  const text = JSON.stringify(value);
  let low = 0x811c9dc5;
  let high = 0x9dc5811c;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ (code + i), 0x01000193);
  }
  const hex = (lane: number) => (lane >>> 0).toString(16).padStart(8, '0');
  return hex(high) + hex(low);
}
