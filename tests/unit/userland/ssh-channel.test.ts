import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CloseWaitCase, ObservedSsh } from '#simulations/incidents/close-wait-pipe/comparison.ts';
import { Pipe } from '#simulations/kernel/pipe/pipe.ts';
import { PipeUser } from '#simulations/kernel/pipe/user.ts';
import { PipeWrite } from '#simulations/kernel/pipe/write.ts';
import { KERNELS } from '#simulations/kernel/profile.ts';
import {
  CHAN_RBUF_bytes,
  CHAN_SES_WINDOW_DEFAULT_bytes,
  SshChannel,
} from '#simulations/userland/ssh-channel.ts';

const WINDOW_bytes = 2_097_152;

/** sshd reads so much at a time until it reads no more. */
function stopped(chunk_bytes: number, window_bytes: number, room_bytes: number): SshChannel {
  const channel = new SshChannel(window_bytes, room_bytes);
  while (channel.reads) channel.read(chunk_bytes);
  return channel;
}

describe('sshd before a client that has stopped', () => {
  it('has a window of 2 MiB', () => {
    expect(CHAN_SES_WINDOW_DEFAULT_bytes).toBe(WINDOW_bytes);
  });

  it('reads until the window is used up, so whole lines of 120 bytes come to 2,097,240', () => {
    expect(stopped(120, WINDOW_bytes, WINDOW_bytes).swallowed_bytes).toBe(17_477 * 120);
  });

  it('does not read at all with a window of 0', () => {
    const channel = new SshChannel(0, WINDOW_bytes);
    expect([channel.reads, channel.swallowed_bytes]).toEqual([false, 0]);
  });

  it('swallows the same however much the socket buffers hold; only the places differ', () => {
    const small = stopped(120, WINDOW_bytes, 16_384);
    const large = stopped(120, WINDOW_bytes, WINDOW_bytes);
    expect(small.swallowed_bytes).toBe(large.swallowed_bytes);
    expect(small.socket_bytes).toBe(16_384);
    expect(large.socket_bytes).toBe(WINDOW_bytes);
    expect(small.output_bytes).toBeGreaterThanOrEqual(128 * 1024);
    expect(large.output_bytes).toBe(0);
  });

  it('loses no byte, takes no more than the window and one read, and sends no more than the window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: CHAN_RBUF_bytes }),
        fc.nat(300_000),
        fc.nat(300_000),
        (chunk_bytes, window_bytes, room_bytes) => {
          const channel = new SshChannel(window_bytes, room_bytes);
          let read_bytes = 0;
          while (channel.reads) {
            channel.read(chunk_bytes);
            read_bytes += chunk_bytes;
            const { swallowed_bytes, remote_window, output_bytes, socket_bytes } = channel;
            const isSound =
              swallowed_bytes === read_bytes &&
              remote_window === window_bytes - output_bytes - socket_bytes &&
              socket_bytes <= room_bytes;
            if (!isSound) expect.fail(JSON.stringify(channel.state()));
          }
          expect(read_bytes).toBe(Math.ceil(window_bytes / chunk_bytes) * chunk_bytes);
        },
      ),
      { seed: 20_260 },
    );
  });
});

describe('the chain of a pipe, sshd and a stopped ssh', () => {
  const file = 'content/incidents/close-wait-pipe/recording.json';
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly CloseWaitCase[] };
  const recorded = cases.flatMap(({ name, experiment, parameters, observed }) =>
    experiment === 'ssh' && observed
      ? [[name, Number(parameters.log_bytes), observed as ObservedSsh] as const]
      : [],
  );

  it('was recorded for several lengths of a line', () => {
    expect(new Set(recorded.map(([, log_bytes]) => log_bytes)).size).toBeGreaterThan(3);
  });

  it.each(recorded)(
    'holds as much as was recorded, wherever the bytes lie: %s',
    (_name, log_bytes, observed) => {
      for (const room_bytes of [0, 16_384, WINDOW_bytes]) {
        const channel = new SshChannel(WINDOW_bytes, room_bytes);
        const pipe = new Pipe(new PipeUser(), KERNELS['6.18']);
        let accepted_bytes = 0;
        while (new PipeWrite(pipe, log_bytes, true).run().end === 'done') {
          accepted_bytes += log_bytes;
          for (let ret: number | null = 0; channel.reads && ret !== null; ) {
            ret = pipe.read(CHAN_RBUF_bytes).ret;
            if (ret !== null) channel.read(ret);
          }
        }
        expect(accepted_bytes).toBe(observed.accepted_bytes);
        expect(pipe.ring.held_bytes).toBe(observed.pipe_bytes);
        expect(channel.swallowed_bytes).toBe(
          accepted_bytes + (pipe.ring.held_bytes % log_bytes) - pipe.ring.held_bytes,
        );
      }
    },
  );
});
