/** A directory that is there while it is needed. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Lends a new empty directory and removes it afterwards: when the work is done, when it fails and when the process
 * is interrupted. The signal is aborted on interruption, so that commands writing there end too.
 */
export async function inTemporaryDirectory<T>(
  work: (directory: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'kernel-source-'));
  const stop = new AbortController();
  const remove = () => {
    stop.abort();
    rmSync(directory, { recursive: true, force: true });
  };
  const interrupted = (signal: NodeJS.Signals) => {
    remove();
    process.kill(process.pid, signal);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    return await work(directory, stop.signal);
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    remove();
  }
}
