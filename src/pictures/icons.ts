/** The site's icon for browsers that take no SVG, drawn from the one that is. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';

const ICON = 'src/layouts/icon.svg';

/** @param size of its edge in px @param background where an icon may not be transparent */
export async function iconPng(size: number, background?: string): Promise<Buffer> {
  const drawn = sharp(readFileSync(ICON), { density: (72 * size) / 32 }).resize(size, size);
  return (background ? drawn.flatten({ background }) : drawn).png().toBuffer();
}

/** A PNG as a Windows icon: a header and an entry of the directory before it. @param size of its edge, below 256 px */
export function ico(png: Buffer, size: number): Buffer {
  const head = Buffer.alloc(22);
  head.writeUInt16LE(1, 2); // an icon
  head.writeUInt16LE(1, 4); // of one picture
  head.writeUInt8(size, 6);
  head.writeUInt8(size, 7);
  head.writeUInt16LE(1, 10); // planes
  head.writeUInt16LE(32, 12); // bits a pixel
  head.writeUInt32LE(png.length, 14);
  head.writeUInt32LE(head.length, 18);
  return Buffer.concat([head, png]);
}
