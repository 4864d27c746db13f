/**
 * The machine as a bench. All that scripts know of the model stands in this file.
 */

import type { Json } from '#simulations/engine/json.ts';
import { TUN_TRUESIZE } from '#simulations/kernel/tcp/receive-buffer.ts';
import type { Machine } from '#simulations/machine/machine.ts';
import type { Narrator } from '#simulations/machine/narrator.ts';
import type { Process } from '#simulations/machine/process.ts';
import type { Answer } from '#simulations/machine/program.ts';
import { Run } from '#simulations/machine/run.ts';
import { DEFAULT_SYSCTLS, type Sysctls } from '#simulations/machine/sysctl.ts';
import { Link } from '#simulations/network/link.ts';
import type { Flag, Packet, Segment, UnreachableCode } from '#simulations/network/packet.ts';
import { optionsOf } from '#simulations/network/tcp-options.ts';
import {
  type Bench,
  type Ended,
  type LiveIcmp,
  type LiveSegment,
  LOCAL,
  REMOTE,
  Unsupported,
} from './bench.ts';
import { type Call, errnoNumber, type Value } from './call.ts';
import { ICMP_CODES, sortFlags } from './packet.ts';
import type { Sysctl } from './script.ts';

const NAMES: { readonly [letter: string]: Flag } = { S: 'SYN', '.': 'ACK', R: 'RST', F: 'FIN', P: 'PSH' };
const LETTERS = Object.fromEntries(Object.entries(NAMES).map(([letter, name]) => [name, letter]));
const CODES: { readonly [code: number]: UnreachableCode } = {
  [ICMP_CODES.net_unreachable]: 'net',
  [ICMP_CODES.host_unreachable]: 'host',
  [ICMP_CODES.port_unreachable]: 'port',
  [ICMP_CODES.packet_filtered]: 'admin-prohibited',
};
/** Sysctls that the model does not have, with the one value that it behaves like. */
const FIXED: { readonly [name: string]: string } = {
  tcp_congestion_control: 'reno',
  tcp_recovery: '0',
  tcp_retries1: '3',
  tcp_moderate_rcvbuf: '0',
  tcp_invalid_ratelimit: '500',
};
export class ModelBench implements Bench {
  readonly #run = new Run();
  readonly #machine: Machine;
  readonly #process: Process;
  readonly #link: Link;
  readonly #sent: { at_us: number; segment: LiveSegment }[] = [];
  readonly #answers: (Ended | null)[] = [];

  /** @throws Unsupported for a sysctl that the model does not have */
  constructor(sysctls: readonly Sysctl[]) {
    const { clock, recorder, random } = this.#run;
    const sysctl = toModelSysctl(sysctls);
    // The scripts are proven over a TUN device.
    const truesize = TUN_TRUESIZE;
    this.#machine = this.#run.machine({ name: 'host', addresses: [LOCAL], kernel: '6.18', sysctl, truesize });
    const peer = {
      name: 'peer',
      addresses: [REMOTE],
      receive: (packet: Packet) => {
        if (packet.protocol === 'tcp') this.#note(packet);
      },
    };
    const ends = [this.#machine.stack, peer];
    this.#link = new Link({ ends, rtt_us: 0, rules: [], clock, recorder, random });
    this.#machine.stack.plug(this.#link);
    this.#process = this.#machine.spawn({ pid: 100, comm: 'script', narrator: this.#narrator });
  }

  get #clock() {
    return this.#run.clock;
  }

  /** Keeps what each call has come back with; a call has a thread of its own, and its number as name. */
  get #narrator(): Narrator {
    return {
      called: () => {},
      slept: () => {},
      returned: ({ name }, call, answer) => {
        if (call.args.option !== 'TCP_INFO') this.#answers[Number(name)] = this.#toEnded(call, answer);
      },
      ended: () => {},
    };
  }

  async wait(until_us: number): Promise<number> {
    this.#clock.advance(Math.max(0, until_us - this.#clock.now_us));
    return this.#clock.now_us;
  }

  async inject(at_us: number, packet: LiveSegment | LiveIcmp): Promise<number> {
    const began_us = await this.wait(at_us);
    this.#link.inject(packet.kind === 'tcp' ? toSegment(packet) : toIcmp(packet));
    return began_us;
  }

  async next(until_us: number): Promise<{ at_us: number; segment: LiveSegment } | null> {
    for (;;) {
      const sent = this.#sent.shift();
      if (sent) return sent;
      const due_us = this.#clock.next_us;
      if (due_us === null || due_us > until_us) {
        await this.wait(until_us);
        return null;
      }
      this.#clock.step();
    }
  }

  async call(at_us: number, call: Call): Promise<{ id: number; began_us: number; answer: Ended | null }> {
    const began_us = await this.wait(at_us);
    const id = this.#answers.push(null) - 1;
    this.#process.thread(String(id), null).make(toModelCall(call));
    // What is due at this instant, such as the answer of a call that has nothing to wait for, happens in it.
    if (this.#answers[id] === null) this.#clock.advance(0);
    return { id, began_us, answer: this.#answers[id] ?? null };
  }

  async returned(id: number, until_us: number): Promise<Ended | null> {
    while (this.#answers[id] === null) {
      const due_us = this.#clock.next_us;
      if (due_us === null || due_us > until_us) break;
      this.#clock.step();
    }
    return this.#answers[id] ?? null;
  }

  async info(fd: number): Promise<{ readonly [field: string]: number }> {
    const thread = this.#process.thread('tcp_info', null);
    const answer = thread.make({ name: 'getsockopt', args: { fd, option: 'TCP_INFO' } });
    if (!answer || answer.errno) throw new Unsupported(`TCP_INFO of ${fd}: ${answer?.errno}`);
    return answer.out?.value as { readonly [field: string]: number };
  }

  async set(sysctls: readonly Sysctl[]): Promise<void> {
    for (const [name, value] of Object.entries(toModelSysctl(sysctls))) this.#machine.setSysctl(name, value);
  }

  async close(): Promise<void> {}

  #note(segment: Segment): void {
    const { from, to, flags, seq, ack, window_bytes, payload_bytes } = segment;
    this.#sent.push({
      at_us: this.#clock.now_us,
      segment: {
        kind: 'tcp',
        from_port: from.port,
        to_port: to.port,
        flags: sortFlags(flags.map((name) => LETTERS[name]).join('')),
        seq,
        ack,
        window: window_bytes,
        payload_bytes,
        options: optionsOf(segment),
      },
    });
  }

  #toEnded({ name, args }: Call, { value, errno, out = {} }: Answer): Ended {
    const at_us = this.#clock.now_us;
    if (name === 'poll') {
      const revents = (out.revents as string[][]).map((each) => each.toSorted());
      return { at_us, value, errno, out: { revents } };
    }
    if (name === 'getsockopt')
      return { at_us, value, errno, out: { value: toScriptOption(String(args.option), out) } };
    return { at_us, value, errno, out: out as { readonly [name: string]: Value } };
  }
}

function toModelSysctl(sysctls: readonly Sysctl[]): Partial<Sysctls> {
  const entries = sysctls.flatMap(({ name, value }): [string, number][] => {
    if (FIXED[name] === value) return [];
    if (!(name in DEFAULT_SYSCTLS)) throw new Unsupported(`sysctl ${name}=${value}`);
    return [[name, Number(value)]];
  });
  return Object.fromEntries(entries);
}

function toSegment(live: LiveSegment): Segment {
  const timestamps = live.options.find((option) => option.kind === 'TS');
  const mss = live.options.find((option) => option.kind === 'mss')?.value;
  const wscale = live.options.find((option) => option.kind === 'wscale')?.value;
  return {
    protocol: 'tcp',
    from: { address: REMOTE, port: live.from_port },
    to: { address: LOCAL, port: live.to_port },
    flags: [...live.flags].map((letter) => {
      const name = NAMES[letter];
      if (!name) throw new Unsupported(`the flag ${letter}`);
      return name;
    }),
    seq: live.seq,
    ack: live.ack,
    window_bytes: live.window,
    payload_bytes: live.payload_bytes,
    ...(mss !== undefined && { mss_bytes: mss }),
    ...(wscale !== undefined && { wscale }),
    ...(live.options.some(({ kind }) => kind === 'sackOK') && { sackPermitted: true }),
    timestamps: timestamps ? { value: timestamps.val, echo: timestamps.ecr } : null,
  };
}

function toIcmp({ code, about }: LiveIcmp): Packet {
  const known = CODES[code];
  if (!known) throw new Unsupported(`ICMP unreachable, code ${code}`);
  return {
    protocol: 'icmp',
    from: REMOTE,
    to: LOCAL,
    code: known,
    about: {
      protocol: 'tcp',
      from: { address: LOCAL, port: about.from_port },
      to: { address: REMOTE, port: about.to_port },
      flags: [],
      seq: about.seq,
      ack: 0,
      window_bytes: 0,
      payload_bytes: 0,
      timestamps: null,
    },
  };
}

/** A call with its arguments as the machine takes them. */
function toModelCall({ name, args }: Call): { name: string; args: { [name: string]: Json } } {
  const given = args as { readonly [name: string]: Json };
  const flags = (given.flags ?? []) as readonly string[];
  if (name === 'setsockopt')
    return { name, args: { ...given, value: toModelOption(String(args.option), args.value ?? null) } };
  if (name === 'fcntl')
    return { name, args: { fd: given.fd ?? -1, cmd: given.command ?? '', arg: flags.join('|') } };
  return { name, args: 'flags' in given ? { ...given, flags: flags.join('|') } : { ...given } };
}

/** The machine takes seconds for SO_LINGER, −1 for off, and ms for times. */
function toModelOption(option: string, value: Value): number {
  if (option === 'SO_LINGER') {
    const { onoff, linger } = value as { onoff: number; linger: number };
    return onoff ? linger : -1;
  }
  if (typeof value === 'number') return value;
  const { tv_sec, tv_usec } = value as { tv_sec: number; tv_usec: number };
  return tv_sec * 1000 + tv_usec / 1000;
}

function toScriptOption(option: string, out: { readonly [name: string]: Json }): Value {
  if (option === 'SO_ERROR') return out.error ? errnoNumber(String(out.error)) : 0;
  const value = Number(out.value);
  if (option === 'SO_LINGER') return value < 0 ? { onoff: 0, linger: 0 } : { onoff: 1, linger: value };
  if (option === 'SO_SNDTIMEO' || option === 'SO_RCVTIMEO')
    return { tv_sec: Math.floor(value / 1000), tv_usec: (value % 1000) * 1000 };
  return value;
}
