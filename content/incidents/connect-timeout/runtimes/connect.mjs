import net from 'node:net';

const [kind, host, port] = process.argv.slice(2);
if (kind === 'socket') net.connect(Number(port), host).on('error', (error) => console.log(error.message));
else fetch(`http://${host}:${port}/`).catch((error) => console.log(`${error.message}: ${error.cause}`));
