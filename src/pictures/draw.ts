/** `npm run picture`: writes the README's picture. */
import { writeFileSync } from 'node:fs';
import { commandLine } from '../command.ts';
import { PICTURE, readmePicture } from './readme.ts';

commandLine('npm run picture --', `Draws the README's picture anew: ${PICTURE}.`).parse();

writeFileSync(PICTURE, readmePicture());
console.log(`wrote ${PICTURE}`);
