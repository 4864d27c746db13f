/** What sshd has taken out of the pipe for a client that has stopped: how much its window lets through, and where it lies. */

import { count } from '#simulations/engine/wording.ts';
import type { SshChannelState } from '#simulations/userland/ssh-channel.ts';
import { share } from '../../views/svg.ts';

const BAR = 12;
export const CHANNEL_HEIGHT = 62;

/** @param window_bytes what the client's window let through at first */
export function drawChannel(ssh: SshChannelState, window_bytes: number): string {
  const { remote_window, extended_bytes, output_bytes, socket_bytes, swallowed_bytes } = ssh;
  // What it has read beyond the window waits in sshd.
  const whole = Math.max(1, window_bytes, swallowed_bytes);
  const inside = output_bytes + extended_bytes;
  let x = 0;
  const parts = (
    [
      ['socket', socket_bytes],
      ['inside', inside],
    ] as const
  ).map(([part, held]) => {
    const width = held / whole;
    x += width;
    return width
      ? `<rect class="channel ${part}" x="${share(x - width)}" y="22" width="${share(width)}" height="${BAR}"/>`
      : '';
  });
  const isUsedUp = !ssh.reads;
  return `<text class="link-count${isUsedUp ? ' decide' : ''}" y="13">ssh window: ${count(remote_window)} B left</text><rect class="place free" y="22" width="100%" height="${BAR}"/>${parts.join('')}<text class="link-words" y="51">sockets ${count(socket_bytes)} B</text><svg x="50%" y="51" overflow="visible"><text class="link-words">in sshd ${count(inside)} B</text></svg>`;
}
