/** Saves what the figure shows: the ladder as a picture of its own, the packets for Wireshark. */
import type { Trace } from '#simulations/engine/trace.ts';

function download(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = Object.assign(document.createElement('a'), { href: url, download: name });
  anchor.click();
  URL.revokeObjectURL(url);
}

export async function saveSvg(trace: Trace, markup: string): Promise<void> {
  const { standalone } = await import('../views/standalone.ts');
  const isDark = getComputedStyle(document.documentElement).colorScheme === 'dark';
  download(`${trace.simulation}.svg`, standalone(markup, isDark ? 'dark' : 'light'), 'image/svg+xml');
}

export async function savePcap(trace: Trace): Promise<void> {
  const { pcap } = await import('#simulations/tools/pcap.ts');
  download(
    `${trace.simulation}.pcap`,
    pcap(trace) as Uint8Array<ArrayBuffer>,
    'application/vnd.tcpdump.pcap',
  );
}
