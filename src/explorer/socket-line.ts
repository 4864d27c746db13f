/** What `ss -tano` prints at an end: the listener and the connection. */
import { ss } from '#simulations/tools/ss/ss.ts';
import type { EndMoment } from './moment.ts';

/** The header, and a line for each socket; none where the end has no socket. @param at_us now */
export function socketLines({ machine }: EndMoment, at_us: number): { header: string; lines: string[] } {
  const [header = '', ...lines] = ss(machine, at_us, ['-tano'])
    .stdout.split('\n')
    .map((line) => line.trimEnd());
  return { header, lines: lines.filter(Boolean) };
}
