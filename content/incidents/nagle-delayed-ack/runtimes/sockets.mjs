import net from 'node:net';

net.connect(Number(process.argv[2]), '127.0.0.1');
const listener = net.createServer(() => {});
listener.listen(0, '127.0.0.1', () => console.log(listener.address().port));
process.stdin.once('end', () => process.exit()).resume();
