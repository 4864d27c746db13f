// Does one thing that fails, as a program would that catches nothing: client.mjs SITUATION [HOST PORT].
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';

const [situation, host, port] = process.argv.slice(2);
const url = `http://${host}:${port}/orders?id=7`;
const name = 'orders.internal.example';

const situations = {
  connect: () => net.connect({ host, port: Number(port) }),
  get: () => http.get(url),
  'get-own-timeout': () => {
    const request = http.get(url, { timeout: 1000 }, () => {});
    request.on('timeout', () => request.destroy());
  },
  fetch: () => fetch(url),
  'fetch-own-timeout': () => fetch(url, { signal: AbortSignal.timeout(1000) }),
  'many-connections': () => {
    const next = () => net.connect({ host, port: Number(port) }, next);
    next();
  },
  'many-files': () => {
    for (;;) fs.openSync('/dev/null');
  },
  'bind-twice': () => {
    const first = net.createServer().listen(0, '127.0.0.1', () => {
      net.createServer().listen(first.address().port, '127.0.0.1');
    });
  },
  'bind-elsewhere': () => net.createServer().listen(8080, '192.0.2.7'),
  'write-without-reader': () => {
    const write = () => process.stdout.write('line\n'.repeat(20_000), () => setImmediate(write));
    write();
  },
  'write-after-reset': () => {
    const socket = net.connect({ host, port: Number(port) }, () => {
      socket.write('GET / HTTP/1.1\r\n');
      socket.pause();
      setTimeout(() => {
        socket.write('Host: a\r\n');
        setTimeout(() => socket.write('\r\n'), 200);
      }, 300);
    });
  },
  resolve: () => net.connect({ host: name, port: 80 }),
  'get-name': () => fetch(`http://${name}/`),
};
await situations[situation]();
