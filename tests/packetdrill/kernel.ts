/** The kernel of this machine as a bench: `kernel.py` in a network namespace of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Bench, type Ended, type LiveIcmp, type LiveSegment, LOCAL } from './bench.ts';
import type { Call } from './call.ts';
import type { Sysctl } from './script.ts';
import { decode, encode } from './wire.ts';

/**
 * What a machine's own settings may change, at the kernel's defaults, so that a script means the same everywhere;
 * congestion control is Reno, which every kernel has.
 */
const BASE: readonly Sysctl[] = Object.entries({
  tcp_congestion_control: 'reno',
  tcp_rmem: '4096 131072 6291456',
  tcp_wmem: '4096 16384 4194304',
  tcp_timestamps: '1',
  tcp_window_scaling: '1',
  tcp_sack: '1',
  tcp_ecn: '2',
  tcp_syn_retries: '6',
  tcp_syn_linear_timeouts: '4',
  tcp_synack_retries: '5',
  tcp_retries1: '3',
  tcp_retries2: '15',
  tcp_orphan_retries: '0',
  tcp_fin_timeout: '60',
  tcp_slow_start_after_idle: '1',
  tcp_pingpong_thresh: '1',
  tcp_tw_reuse: '2',
  tcp_no_metrics_save: '0',
  tcp_moderate_rcvbuf: '1',
  tcp_invalid_ratelimit: '500',
}).map(([name, value]) => ({ name, value }));

/** A request that the other side could not do. */
export class KernelError extends Error {}

export class KernelBench implements Bench {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #errors = '';
  /** `uname -r`. */
  release = '';

  /** Opens the namespace, its device and its clock. @throws KernelError when this machine does not allow that */
  static async open(sysctls: readonly Sysctl[]): Promise<KernelBench> {
    const bench = new KernelBench();
    const { release } = await bench.#ask('open', { local: LOCAL, sysctls: [...BASE, ...sysctls] });
    bench.release = release;
    return bench;
  }

  private constructor() {
    const program = fileURLToPath(new URL('kernel.py', import.meta.url));
    const flags = process.getuid?.() === 0 ? '-n' : '-rn';
    this.#child = spawn('unshare', [flags, 'python3', program], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr?.on('data', (text) => {
      this.#errors += text;
    });
    this.#child.on('error', (error) => {
      this.#errors += error.message;
    });
    // biome-ignore lint/style/noNonNullAssertion: its stdio is a pipe, two lines above
    this.#answers = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
  }

  async wait(until_us: number): Promise<number> {
    return (await this.#ask('wait', { until_us })).at_us;
  }

  async inject(at_us: number, packet: LiveSegment | LiveIcmp): Promise<number> {
    return (await this.#ask('inject', { at_us, packet: encode(packet).toString('hex') })).at_us;
  }

  async next(until_us: number): Promise<{ at_us: number; segment: LiveSegment } | null> {
    const found = await this.#ask('next', { until_us });
    if (!found) return null;
    const segment = decode(Buffer.from(found.packet, 'hex'));
    if (!segment) throw new KernelError('the host has sent what is not TCP over IPv4');
    return { at_us: found.at_us, segment };
  }

  call(at_us: number, call: Call): Promise<{ id: number; began_us: number; answer: Ended | null }> {
    return this.#ask('call', { at_us, ...call });
  }

  returned(id: number, until_us: number): Promise<Ended | null> {
    return this.#ask('returned', { id, until_us });
  }

  info(fd: number): Promise<{ readonly [field: string]: number }> {
    return this.#ask('info', { fd });
  }

  async set(sysctls: readonly Sysctl[]): Promise<void> {
    await this.#ask('set', { sysctls });
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    this.#child.kill('SIGKILL');
  }

  // biome-ignore lint/suspicious/noExplicitAny: each method above knows what kernel.py answers to its request
  async #ask(what: string, request: object): Promise<any> {
    this.#child.stdin?.write(`${JSON.stringify({ do: what, ...request })}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new KernelError(`kernel.py has ended: ${this.#errors.trim()}`);
    const { answer, error } = JSON.parse(value);
    if (error) throw new KernelError(error);
    return answer;
  }
}
