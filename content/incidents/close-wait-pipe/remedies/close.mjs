// A server that closes each connection, whatever way its handler is left.
import net from 'node:net';
import { createInterface } from 'node:readline';

// Without allowHalfOpen, the default, Node closes its end when the client has closed.
const server = net.createServer(async (socket) => {
  socket.setTimeout(60_000, () => socket.destroy()); // for a client that vanished without a FIN
  socket.on('error', (error) => console.error(error.message));
  try {
    for await (const request of createInterface({ input: socket })) {
      if (request === 'bad') throw new Error(`not a request: ${request}`);
      socket.write('ok\n');
    }
  } catch (error) {
    console.error(error.message);
  } finally {
    socket.destroySoon(); // after what is still to be written
  }
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
