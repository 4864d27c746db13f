/** Commands that run beside this program: apt-get, dpkg-deb, tar. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** A started command. */
export interface Child {
  stdin: Writable;
  stdout: Readable;
  /** Resolves when the command ends well; rejects with what it complained about. */
  ended: Promise<void>;
}

/** The command does not exist on this machine. */
export class NotInstalled extends Error {
  constructor(command: string) {
    super(`${command} is not installed`);
  }
}

/** Starts a command in a directory; aborting the signal ends it. */
export function start(command: string, args: string[], cwd: string, signal: AbortSignal): Child {
  const child = spawn(command, args, {
    cwd,
    signal,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  return { stdin: child.stdin, stdout: child.stdout, ended: endOf(command, child) };
}

/** Runs a command to its end and returns what it printed. Rejects when it fails. */
export async function output(
  command: string,
  args: string[],
  cwd: string,
  signal: AbortSignal,
): Promise<string> {
  const child = start(command, args, cwd, signal);
  child.stdin.end();
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  await child.ended;
  return printed;
}

function endOf(command: string, child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<void> {
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new NotInstalled(command) : error);
    });
    child.on('close', (status, signal) => {
      if (status === 0) resolve();
      else reject(new Error(`${command}: ${complaint(complaints) ?? `ended with ${status ?? signal}`}`));
    });
  });
}

/** apt marks errors with `E:` among warnings; other tools say the cause first. */
function complaint(stderr: string): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => line.startsWith('E:')) ?? lines[0];
}
