/** Saves what the figure shows: its main picture as a file of its own, the packets for Wireshark. */
import type { Trace } from '#simulations/trace/trace.ts';

function download(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = Object.assign(document.createElement('a'), { href: url, download: name });
  anchor.click();
  URL.revokeObjectURL(url);
}

/** Width of a saved picture that fits itself to any, in px. */
const SAVED_WIDTH_px = 760;

export async function saveSvg(trace: Trace, markup: string): Promise<void> {
  const { standalone } = await import('../views/standalone.ts');
  const isDark = getComputedStyle(document.documentElement).colorScheme === 'dark';
  const sized = markup.replace(/^(<svg[^>]*) width="100%"/, `$1 width="${SAVED_WIDTH_px}"`);
  download(`${trace.simulation}.svg`, standalone(sized, isDark ? 'dark' : 'light'), 'image/svg+xml');
}

export async function savePcap(trace: Trace): Promise<void> {
  const { pcap } = await import('#simulations/tools/pcap.ts');
  download(
    `${trace.simulation}.pcap`,
    pcap(trace) as Uint8Array<ArrayBuffer>,
    'application/vnd.tcpdump.pcap',
  );
}
