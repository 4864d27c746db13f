/** The player has eyes: what a script gets wrong it says, with the line. Played on the model, which is exact. */
import { describe, expect, it } from 'vitest';
import { ModelBench } from './model.ts';
import { play } from './player.ts';
import { parseScript } from './script.ts';

const OPEN = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 65535 <mss 1000>
+0 > S. 0:0(0) ack 1
+.01 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
`;

const played = async (rest: string) => {
  const script = parseScript('a.pkt', OPEN + rest);
  return play(script, new ModelBench(script.sysctls));
};

it('is content with what is right', async () => {
  await played(`+0 write(4, ..., 100) = 100
    +0 > P. 1:101(100) ack 1
    +.05 < . 1:1(0) ack 101 win 65535
    +0...0.1 read(4, ..., 100) = 10
    +.1 < P. 1:11(10) ack 101 win 65535
    +0 > . 101:101(0) ack 11
    +0 %{ assert tcpi_snd_cwnd == 10 }%`);
});

describe('it refuses', () => {
  it.each([
    ['other flags', '+0 write(4, ..., 100) = 100\n+0 > . 1:101(100) ack 1', 'a.pkt:9: .*flags P\\., not \\.'],
    ['another length', '+0 write(4, ..., 100) = 100\n+0 > P. 1:100(99) ack 1', 'payload_bytes 100, not 99'],
    ['another number', '+0 write(4, ..., 100) = 100\n+0 > P. 2:102(100) ack 1', 'seq 1, not 2'],
    ['another acknowledgement', '+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 2', 'ack 1, not 2'],
    [
      'another window, where it is written',
      '+0 close(4) = 0\n+0 > F. 1:1(0) ack 1 win 5',
      'window \\d+, not 5',
    ],
    ['options, where they are written', '+0 close(4) = 0\n+0 > F. 1:1(0) ack 1 <nop>', 'options none'],
    ['a segment that comes too early', '+0 close(4) = 0\n+.1 > F. 1:1(0) ack 1', 'it leaves at 0.010000 s'],
    ['a segment that does not come', '+.1 > F. 1:1(0) ack 1', 'a.pkt:8: .*nothing leaves'],
    [
      'a segment that nobody expects',
      '+0 close(4) = 0\n+.1 socket(..., SOCK_STREAM, 0) = 5',
      'no step expects',
    ],
    ['another value', '+0 write(4, ..., 100) = 99', 'a.pkt:8: write\\(\\) returns 100, not 99'],
    ['success in place of an error', '+0 close(4) = -1 EBADF', 'close\\(\\) returns 0, not -1 EBADF'],
    ['another error', '+0 close(9) = -1 EINVAL', 'returns -1 EBADF, not -1 EINVAL'],
    ['a call that sleeps unasked', '+0 read(4, ..., 10) = 10', 'read\\(\\) sleeps'],
    ['a call that sleeps too long', '+0...0.1 read(4, ..., 10) = 10', 'read\\(\\) still sleeps at'],
    [
      'a call that returns too soon',
      '+0...0.1 read(4, ..., 10) = 10\n+.05 < P. 1:11(10) ack 1 win 9',
      'read\\(\\) returns at 0.060000 s, not at 0.110000 s',
    ],
    [
      'other events',
      '+0 poll([{fd=4, events=POLLOUT, revents=POLLERR}], 1, 0) = 1',
      'poll\\(\\) gives \\[\\["POLLOUT"\\]\\], not \\[\\["POLLERR"\\]\\]',
    ],
    ['another tcp_info', '+0 %{ assert tcpi_snd_cwnd == 11 }%', 'tcpi_snd_cwnd is 10, not == 11'],
  ])('%s', async (_, rest, message) => {
    await expect(played(rest)).rejects.toThrow(new RegExp(message));
  });
});
