/**
 * Finds a Chromium for the browser tests, or gets one, so that they run on a laptop, in CI and on a bare machine.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

/** A browser and what to start it with. */
export interface Chromium {
  executablePath: string;
  args: string[];
}

const root = process.getuid?.() === 0;

/** No traffic but the page's own, and no sandbox where the kernel refuses root one. */
const args = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  ...(root ? ['--no-sandbox'] : []),
];

/** The headless shell first: it has no windows to draw around the pages, and takes half the time. */
const commands = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
];
const macApplications = [
  'Chromium.app/Contents/MacOS/Chromium',
  'Google Chrome.app/Contents/MacOS/Google Chrome',
];

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Whether a browser starts at all: Ubuntu's chromium-browser may be a note about snap, and a downloaded browser
 * may miss shared libraries. Windows' Chrome opens a window for --version, so there a file is enough.
 */
function starts(path: string): boolean {
  if (!executable(path)) return false;
  if (process.platform === 'win32') return true;
  const { status, stdout } = spawnSync(path, ['--version'], { timeout: 30_000, encoding: 'utf8' });
  return status === 0 && /\d+\.\d+/.test(stdout);
}

function onPath(command: string): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return directories.map((directory) => join(directory, command)).find(executable);
}

/** Playwright's headless shell, or the full browser of the same revision that it installs beside it. */
function playwrights(): string[] {
  const full = chromium.executablePath();
  const shells: string[] = [];
  const home = dirname(dirname(full)); // …/chromium-<revision>/<platform>/<executable>
  const shellHome = join(dirname(home), `chromium_headless_shell-${home.split('-').at(-1)}`);
  if (existsSync(shellHome)) {
    for (const platform of readdirSync(shellHome)) {
      for (const name of ['chrome-headless-shell', 'headless_shell', 'chrome-headless-shell.exe']) {
        shells.push(join(shellHome, platform, name));
      }
    }
  }
  return [...shells, full];
}

function systems(): string[] {
  const found = commands.map(onPath).filter((path) => path !== undefined);
  if (process.platform !== 'darwin') return found;
  const homes = ['/Applications', join(homedir(), 'Applications')];
  return [...found, ...homes.flatMap((home) => macApplications.map((path) => join(home, path)))];
}

/** Runs an installer, quietly unless it fails. Returns what went wrong, if something did. */
function install(
  command: string,
  parameters: string[],
  minutes: number,
  environment = {},
): string | undefined {
  const { status, error, signal, stdout, stderr } = spawnSync(command, parameters, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    killSignal: 'SIGKILL',
    timeout: minutes * 60_000,
  });
  if (status === 0) return undefined;
  if (error || signal) return error?.message ?? `ended by ${signal}`;
  const lines = `${stdout}\n${stderr}`.trim().split('\n');
  return lines.findLast((line) => /^E:|error/i.test(line)) ?? (lines.at(-1) || `exit code ${status}`);
}

function say(what: string): void {
  console.error(`No Chromium found: ${what}`);
}

function installPlaywrights(): string | undefined {
  say("installing Playwright's (playwright install chromium; up to 4 minutes)");
  const cli = fileURLToPath(import.meta.resolve('@playwright/test/cli'));
  const patience = { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000' }; // no network is the common reason to fail
  return install(process.execPath, [cli, 'install', 'chromium'], 4, patience);
}

function installDebians(): string | undefined {
  say("installing Debian's package (apt-get install chromium-headless-shell, else chromium)");
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const get = (name: string) =>
    install('apt-get', ['install', '-y', '--no-install-recommends', name], 5, environment);
  const either = () => get('chromium-headless-shell') && get('chromium');
  if (either() === undefined) return undefined;
  // A fresh image has no package lists yet, and an old one has stale ones.
  return install('apt-get', ['update'], 3, environment) ?? either();
}

/** Where the packed browser goes: out of the way of other users, and gone with the version that `npm ci` replaces. */
const packedHome = join(import.meta.dirname, '../../node_modules/.cache/chromium');

/** The package's own names a fixed directory and hides the system's fonts. Without any, text has no size. */
const fontsConfiguration = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(packedHome, 'fonts')}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(packedHome, 'fonts-cache')}</cachedir>
</fontconfig>
`;

async function unpack(): Promise<string> {
  mkdirSync(packedHome, { recursive: true });
  // Only "in a Lambda function" does the package also unpack the shared libraries that a bare machine lacks.
  const changes = { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x', TMPDIR: packedHome };
  const before = { AWS_EXECUTION_ENV: process.env.AWS_EXECUTION_ENV, TMPDIR: process.env.TMPDIR };
  Object.assign(process.env, changes);
  try {
    const { default: packed } = await import('@sparticuz/chromium');
    const path = await packed.executablePath();
    writeFileSync(join(packedHome, 'fonts/fonts.conf'), fontsConfiguration);
    return path;
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** @returns the path of a browser that starts */
async function find(): Promise<string> {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (!executable(named)) throw new Error(`CHROMIUM_PATH is not an executable file: ${named}`);
    return named;
  }

  const tried: string[] = [];
  /** The first of these that starts; the others are noted with why they were passed over. */
  const first = (paths: string[], source: string): string | undefined => {
    const path = paths.find(starts);
    const present = paths.filter(existsSync);
    if (!path)
      tried.push(`${source}: ${present.length ? `${present.join(', ')} does not start` : 'not there'}`);
    return path;
  };

  const present = first(playwrights(), "Playwright's own") ?? first(systems(), "the system's");
  if (present) return present;

  if (existsSync(packedHome)) {
    const unpacked = first([await unpack()], 'the one unpacked earlier');
    if (unpacked) return unpacked;
    rmSync(packedHome, { recursive: true }); // cut short, perhaps
  }

  const refused = installPlaywrights();
  if (refused) tried.push(`playwright install chromium: ${refused}`);
  const playwright = refused ? undefined : first(playwrights(), "Playwright's own, installed");
  if (playwright) return playwright;

  if (root && onPath('apt-get')) {
    const refusal = installDebians();
    if (refusal) tried.push(`apt-get install chromium: ${refusal}`);
    const debian = refusal ? undefined : first(systems(), "Debian's package, installed");
    if (debian) return debian;
  } else tried.push(`apt-get install chromium: ${root ? 'no apt-get here' : 'needs root'}`);

  if (process.platform === 'linux' && process.arch === 'x64') {
    try {
      say('unpacking the one in @sparticuz/chromium');
      const unpacked = first([await unpack()], '@sparticuz/chromium');
      if (unpacked) return unpacked;
    } catch (error) {
      tried.push(`@sparticuz/chromium: ${error instanceof Error ? error.message : error}`);
    }
  } else tried.push('@sparticuz/chromium: is for Linux on x64 only');

  throw new Error(
    [
      'No Chromium to run the browser tests with. Install one, or name one in CHROMIUM_PATH. Tried:',
      ...tried,
    ].join('\n  - '),
  );
}

/** Starts CHROMIUM_PATH. Windows runs no shell scripts. */
const starter = join(import.meta.dirname, 'chromium.sh');

let found: Promise<Chromium> | undefined;

/**
 * The Chromium that CHROMIUM_PATH names, else Playwright's own, else the system's, else one installed now:
 * Playwright's, Debian's or the packed one, whichever works first. Asked once, whatever the number of callers, and
 * CHROMIUM_PATH then names it for the processes that they start.
 */
export function findChromium(): Promise<Chromium> {
  found ??= find().then((path) => {
    process.env.CHROMIUM_PATH = path;
    return { executablePath: process.platform === 'win32' ? path : starter, args };
  });
  return found;
}
