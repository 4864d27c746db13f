// Header and body leave together.
import net from 'node:net';

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => {
    socket.cork(); // what is written now waits in the program …
    socket.write(Buffer.alloc(120));
    socket.write(Buffer.alloc(400));
    process.nextTick(() => socket.uncork()); // … and leaves with one writev()
  });
  socket.on('end', () => socket.end());
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
