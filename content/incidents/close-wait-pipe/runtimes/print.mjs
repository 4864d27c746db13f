import { writeFileSync } from 'node:fs';

const [stream, done] = process.argv.slice(2);
const print = stream === 'stdout' ? console.log : console.error;
for (let i = 0; i < 20_000; i++) print('x'.repeat(119));
writeFileSync(done, '');
setTimeout(() => {}, 60_000);
