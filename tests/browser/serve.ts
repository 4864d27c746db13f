/**
 * A static file server for a built site, as plain as the hosts it stands in for.
 *
 *     node tests/browser/serve.ts dist --base / --port 4321
 *
 * Port 0 is any free one; the address is printed.
 */
import { spawn } from 'node:child_process';
import { createReadStream, realpathSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs, promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** The builds that browser tests look at: one at the root of a host, one below a path. */
export const sites = {
  root: { directory: 'dist', base: '/' },
  sub: {
    directory: 'dist-sub',
    base: '/docs/sockets/',
    /** The addresses that it is built for. */
    site: 'https://sockets.example',
    repository: 'https://github.com/somebody/stalled-sockets',
  },
} as const;

/** What to serve, and where. */
export interface ServeOptions {
  /** A built site. */
  directory: string;
  /** The path the site was built for, "/" or "/some/sub/path/". */
  base: string;
  /** A free one when not given. */
  port?: number;
}

/** A running server. */
export interface Served {
  origin: string;
  /** The site's home page. */
  url: string;
  close(): Promise<void>;
}

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.pcap': 'application/vnd.tcpdump.pcap',
  '.png': 'image/png',
  '.py': 'text/x-python; charset=utf-8',
  '.sh': 'text/x-shellscript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml; charset=utf-8',
};

/** What a path in a directory leads to: a file, a directory that wants a slash at its end, or nothing. */
export type Located = { file: string } | { slash: true } | undefined;

/** Finds what a decoded path, relative to the base and without its first slash, leads to. */
export async function locate(directory: string, path: string): Promise<Located> {
  const root = resolve(directory);
  const target = resolve(root, path);
  if (path.includes('\0') || (target !== root && !target.startsWith(root + sep))) return undefined;
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory()) {
    if (path !== '' && !path.endsWith('/')) return { slash: true };
    const index = join(target, 'index.html');
    return (await stat(index).catch(() => undefined))?.isFile() ? { file: index } : undefined;
  }
  return found?.isFile() && !path.endsWith('/') ? { file: target } : undefined;
}

/** The part of a request's path below the base, decoded; nothing when it is outside or malformed. */
function below(base: string, pathname: string): string | undefined {
  if (!pathname.startsWith(base)) return undefined;
  try {
    return decodeURIComponent(pathname.slice(base.length));
  } catch {
    return undefined;
  }
}

const deflate = promisify(gzip);
/** Compressed files, by path and the time of their last change. */
const compressed = new Map<string, Promise<Buffer>>();

/** A file as gzip makes it, once: a build is looked at many hundred times. */
function gzipOf(file: string, changed_ms: number): Promise<Buffer> {
  const key = `${changed_ms} ${file}`;
  let body = compressed.get(key);
  if (!body) {
    body = readFile(file).then((text) => deflate(text));
    compressed.set(key, body);
    body.catch(() => compressed.delete(key));
  }
  return body;
}

/** Sends a file, compressed where that helps and the client can read it. */
async function send(request: IncomingMessage, response: ServerResponse, file: string, status: number) {
  const type = types[extname(file)] ?? 'application/octet-stream'; // Pagefind's .pf_* among them
  const isCompressed =
    /^text\/|json|javascript|xml|wasm/.test(type) && /\bgzip\b/.test(`${request.headers['accept-encoding']}`);
  const { size, mtimeMs } = await stat(file);
  const body = isCompressed ? await gzipOf(file, mtimeMs) : null;
  response.writeHead(status, {
    'content-type': type,
    'content-length': body?.length ?? size,
    'cache-control': 'no-cache', // a test must never see the build before
    vary: 'accept-encoding',
    ...(body && { 'content-encoding': 'gzip' }),
  });
  if (request.method === 'HEAD') return void response.end();
  if (body) response.end(body);
  else await pipeline(createReadStream(file), response);
}

async function answer({ directory, base }: ServeOptions, request: IncomingMessage, response: ServerResponse) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
  }
  const [pathname = '', search] = (request.url ?? '/').split('?', 2);
  const redirect = () =>
    void response
      .writeHead(301, { location: `${pathname}/${search === undefined ? '' : `?${search}`}` })
      .end();
  if (`${pathname}/` === base) return redirect();

  const path = below(base, pathname);
  const found = path === undefined ? undefined : await locate(directory, path);
  if (found && 'slash' in found) return redirect();
  if (found) return send(request, response, found.file, 200);
  const missing = await locate(directory, '404.html');
  if (missing && 'file' in missing) return send(request, response, missing.file, 404);
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found\n');
}

/** Serves a built directory on this machine only. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { directory, base, port = 0 } = options;
  if (!base.startsWith('/') || !base.endsWith('/')) {
    throw new Error(`A base begins and ends with a slash: "${base}"`);
  }
  if (!(await stat(directory).catch(() => undefined))?.isDirectory()) {
    throw new Error(`There is no ${directory} to serve; build the site first.`);
  }
  const server = createServer((request, response) => {
    answer(options, request, response).catch(() => response.destroy()); // the client left, or the file did
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(port, '127.0.0.1', listening);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: origin + base,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** Shows the address in the reader's browser, where there is a screen to show it on. */
function open(url: string): void {
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const hasScreen = process.platform === 'darwin' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (!hasScreen || process.env.CI) return;
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .on('error', () => {}) // the address is on the terminal all the same
    .unref();
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      base: { type: 'string', default: '/' },
      port: { type: 'string' },
      open: { type: 'boolean', default: false },
    },
  });
  const directory = positionals[0] ?? 'dist';
  try {
    const options = { directory, base: values.base };
    const { url } = await serve({ ...options, port: Number(values.port ?? 4321) }).catch((error) => {
      // Only a port that was asked for is worth failing for.
      if (values.port !== undefined || error.code !== 'EADDRINUSE') throw error;
      return serve(options);
    });
    console.log(`${directory} is at ${url}`);
    if (values.open) open(url);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
