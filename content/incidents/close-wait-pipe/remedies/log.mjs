// A log that drops lines rather than keep them all: Node does not wait at a full pipe, its heap grows instead.

const MOST_bytes = 65_536;
let dropped = 0; // export this number, and alert on it

function log(line) {
  if (process.stderr.writableLength > MOST_bytes) dropped += 1;
  else process.stderr.write(`${line}\n`);
}

for (let request = 0; request < 10_000; request++)
  log(`request ${request} is answered, whoever reads this: ok`);
console.log('dropped', dropped);
process.exit(); // a normal end would wait for what is queued
