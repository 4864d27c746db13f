/**
 * Each remedy in code is compiled and run in the situation that it is for. A language whose tool chain is not here is
 * skipped, and the test's name says what is missing.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { LANGUAGES, languagesOf } from '#site/remedies.ts';

/** A cold cache of the Go tool chain takes a minute on a busy machine. */
const COMPILES_ms = 180_000;

/** Says what a tool chain needs and how a file becomes a program. `out` is a path for what is compiled. */
const TOOLS: Readonly<
  Record<
    string,
    {
      tool: string;
      compile?: (file: string, out: string) => string[];
      run: (file: string, out: string) => string[];
    }
  >
> = {
  go: { tool: 'go', compile: (file, out) => ['go', 'build', '-o', out, file], run: (_, out) => [out] },
  java: {
    tool: 'javac',
    compile: (file, out) => ['javac', '-Xlint:all', '-Werror', '-d', out, file],
    run: (file, out) => ['java', '-cp', out, basename(file, '.java')],
  },
  py: { tool: 'python3', run: (file) => ['python3', '-W', 'error', file] },
  mjs: { tool: 'node', run: (file) => [process.execPath, file] },
  rs: {
    tool: 'rustc',
    compile: (file, out) => ['rustc', '--edition', '2021', '-D', 'warnings', '-o', out, file],
    run: (_, out) => [out],
  },
  c: {
    tool: 'gcc',
    compile: (file, out) => ['gcc', '-Wall', '-Wextra', '-Werror', '-o', out, file],
    run: (_, out) => [out],
  },
};

const temporary = mkdtempSync(join(tmpdir(), 'remedies-'));
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const { pid } of children) {
    try {
      if (pid) process.kill(-pid);
    } catch {
      // it has ended by itself
    }
  }
  rmSync(temporary, { recursive: true, force: true });
});

const has = (tool: string): boolean => !spawnSync(tool, ['--help']).error;

/** Starts a program, with a process group of its own that ends with the tests. */
function start(command: readonly string[]): ChildProcess {
  const [program = '', ...words] = command;
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  children.add(child);
  return child;
}

/** The first line that a program prints: the port that it listens on. */
async function portOf(child: ChildProcess): Promise<number> {
  const [chunk] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return Number.parseInt(String(chunk), 10);
}

/** Makes a program of each language's file, and hands the command that runs it to a test. */
function eachLanguage(
  incident: string,
  name: string,
  title: string,
  check: (command: string[]) => Promise<void>,
): void {
  for (const { language, tag } of LANGUAGES) {
    const { tool, compile, run } = TOOLS[tag] as NonNullable<(typeof TOOLS)[string]>;
    const base = tag === 'java' ? name.charAt(0).toUpperCase() + name.slice(1) : name;
    const file = resolve('content/incidents', incident, 'remedies', `${base}.${tag}`);
    if (!has(tool)) {
      test.skip(`${language}: ${title} (not run: there is no ${tool})`, () => {});
      continue;
    }
    test(`${language}: ${title}`, { timeout: COMPILES_ms }, async () => {
      const out = join(temporary, `${name}-${tag}`);
      if (tag === 'java') mkdirSync(out, { recursive: true });
      const [program, ...words] = compile?.(file, out) ?? [];
      if (program) await promisify(execFile)(program, words);
      await check(run(file, out));
    });
  }
}

const connected = async (port: number): Promise<net.Socket> => {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};

describe('every remedy', () => {
  test('is there in every language', () => {
    for (const [incident, name] of [
      ['connect-timeout', 'connect'],
      ['nagle-delayed-ack', 'respond'],
      ['close-wait-pipe', 'log'],
      ['close-wait-pipe', 'close'],
    ] as const)
      expect(languagesOf(incident, name).map(({ tag }) => tag)).toEqual(Object.keys(TOOLS));
  });
});

describe.runIf(process.platform === 'linux')('a connect() with a limit of two seconds', () => {
  eachLanguage(
    'connect-timeout',
    'connect',
    'ends at a silent peer, and comes through to one that listens',
    async (command) => {
      // It listens and never accepts. With its queue full, Linux drops each SYN: a peer that says nothing.
      const listening = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
      require('fs').writeSync(1, this.address().port + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    })`;
      const silent = start([process.execPath, '-e', listening]);
      const port = await portOf(silent);
      const filling = [await connected(port), await connected(port)];
      const begun = performance.now();
      const { stdout } = await promisify(execFile)(command[0] ?? '', [
        ...command.slice(1),
        '127.0.0.1',
        `${port}`,
      ]);
      const elapsed_ms = performance.now() - begun;
      expect(stdout).toMatch(/time(d )?out|two seconds/i);
      expect(elapsed_ms).toBeGreaterThan(1990);
      // The kernel would try for two minutes; a virtual machine of Java takes some seconds to begin with.
      expect(elapsed_ms).toBeLessThan(20_000);
      for (const socket of filling) socket.destroy();

      const listener = net
        .createServer((socket) => socket.on('error', () => {}).resume())
        .listen(0, '127.0.0.1');
      await once(listener, 'listening');
      const open = (listener.address() as AddressInfo).port;
      const said = await promisify(execFile)(command[0] ?? '', [...command.slice(1), '127.0.0.1', `${open}`]);
      listener.close();
      expect(said.stdout).toBe('connected\n');
    },
  );
});

/** Sends requests on one connection, and measures each until all of its response is here. */
async function latencies(port: number): Promise<number[]> {
  const socket = await connected(port);
  const took_ms: number[] = [];
  for (let request = 0; request < 6; request++) {
    const begun = performance.now();
    socket.write('GET\n');
    for (let bytes = 0; bytes < 520; ) bytes += ((await once(socket, 'data')) as [Buffer])[0].length;
    took_ms.push(performance.now() - begun);
  }
  // It closes when its client has: nothing stays in CLOSE-WAIT.
  socket.end();
  await once(socket, 'close');
  return took_ms;
}

describe.runIf(process.platform === 'linux')('a response that leaves whole', () => {
  /** The least delay of an ACK, TCP_DELACK_MIN: what a held body costs each request after the first. */
  const STALL_ms = 40;

  test('is what two writes without it are not: they stall', async () => {
    const server = net.createServer((socket) => {
      socket.on('data', () => {
        socket.write(Buffer.alloc(120));
        socket.write(Buffer.alloc(400));
      });
      socket.on('end', () => socket.end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const took_ms = await latencies((server.address() as AddressInfo).port);
    server.close();
    expect(Math.min(...took_ms.slice(1))).toBeGreaterThanOrEqual(STALL_ms - 1);
  });

  eachLanguage(
    'nagle-delayed-ack',
    'respond',
    'does not stall, and the connection is closed at its end',
    async (command) => {
      const server = start(command);
      const took_ms = await latencies(await portOf(server));
      // A busy machine may be slow at one request, not at all of them.
      expect(Math.min(...took_ms.slice(1))).toBeLessThan(STALL_ms / 2);
    },
  );
});

describe.runIf(process.platform === 'linux')('a log that drops', () => {
  eachLanguage(
    'close-wait-pipe',
    'log',
    'does not wait at a full pipe, counts what it dropped, and ends',
    async (command) => {
      const out = join(mkdtempSync(join(temporary, 'log-')), 'out');
      start(['sh', '-c', '{ "$@" >"$0"; echo "exit $?" >>"$0"; } 2>&1 | sleep 120', out, ...command]);
      await expect
        .poll(() => (existsSync(out) ? readFileSync(out, 'utf8') : ''), { timeout: 60_000 })
        .toMatch(/^dropped \d+\nexit 0\n$/);
      const dropped = Number(/\d+/.exec(readFileSync(out, 'utf8'))?.[0]);
      expect(dropped).toBeGreaterThan(0);
      expect(dropped).toBeLessThan(10_000);
    },
  );
});

/** Sockets of this port in CLOSE-WAIT, of IPv4 and IPv6: a runtime may serve the one with the other. */
const closeWait = (port: number): number =>
  ['/proc/net/tcp', '/proc/net/tcp6'].reduce((sum, file) => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    const here = port.toString(16).toUpperCase().padStart(4, '0');
    return sum + lines.filter((line) => new RegExp(`^ *\\d+: \\w+:${here} \\S+ 08 `).test(line)).length;
  }, 0);

describe.runIf(process.platform === 'linux')('a server that closes', () => {
  test('is one that the test can tell from one that does not', async () => {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = await connected(port);
    socket.end();
    await expect.poll(() => closeWait(port)).toBe(1);
    socket.destroy();
    server.close();
  });

  eachLanguage(
    'close-wait-pipe',
    'close',
    'does so at EOF, after a request, and when its handler fails',
    async (command) => {
      const port = await portOf(start(command));
      for (const says of ['', 'good\n', 'bad\n']) {
        const socket = await connected(port);
        let heard = '';
        socket.on('data', (chunk) => {
          heard += chunk;
        });
        // The server closes by itself at what is no request; at any other time when the client has.
        if (says === 'bad\n') socket.write(says);
        else socket.end(says);
        await once(socket, 'close');
        expect(heard).toBe(says === 'good\n' ? 'ok\n' : '');
      }
      await expect.poll(() => closeWait(port)).toBe(0);
    },
  );
});

describe('what was measured of runtimes', () => {
  test.each(['connect-timeout', 'nagle-delayed-ack', 'close-wait-pipe'])(
    'in %s names a version and a source for each program that was measured',
    (incident) => {
      const folder = join('content/incidents', incident);
      const { rows } = JSON.parse(readFileSync(join(folder, 'runtimes.json'), 'utf8'));
      expect(rows.map(({ runtime }: { runtime: string }) => runtime)).toEqual(
        LANGUAGES.map(({ language }) => language),
      );
      for (const { version, source } of rows) {
        expect(version).toMatch(/\d+\.\d+/);
        expect(source[1]).toMatch(/^https:\/\//);
      }
    },
  );
});
