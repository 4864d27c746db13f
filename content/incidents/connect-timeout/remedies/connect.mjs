// A connect() that waits two seconds at most.
import net from 'node:net';

const [host, port] = process.argv.slice(2);
const socket = net.connect({ host, port });

// For the whole of it: a name with several addresses too.
const patience = setTimeout(() => socket.destroy(new Error('connect() took two seconds')), 2000);

socket.on('connect', () => {
  clearTimeout(patience);
  console.log('connected');
  socket.end();
});
socket.on('error', (error) => {
  clearTimeout(patience);
  console.log(error.message);
});
