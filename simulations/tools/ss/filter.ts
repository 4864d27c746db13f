/**
 * The words of ss that choose sockets by their addresses and ports (iproute2, `misc/ssfilter.y`): `sport = :8080`,
 * `dst 10.0.0.1`, `dport ge :1024`, with `and`, `or`, `not` and parentheses.
 *
 * `and` and `or` bind alike, from the left, and two conditions beside each other mean `and`.
 *
 * Left out: `dev`, `fwmark`, `cgroup`, `autobound`; a part of an IPv6 address.
 */
import type { SocketState } from '../../machine/state.ts';
import { familyOf } from '../../network/packet.ts';
import { UsageError } from '../options.ts';
import { portNumber } from '../services.ts';

export type Filter = (socket: SocketState) => boolean;

/** What no words choose. */
const EVERY: Filter = () => true;

/** A filter that can be read, with a value that cannot: ss ends with 1 and says no more. */
export class BadAddress extends Error {}

const WORDS = /[()]|!=|[<>=]=|&&|\|\||[!&|<>=]|[^\s()!&|<>=]+/g;

const OPERATORS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  eq: (a, b) => a === b,
  '!=': (a, b) => a !== b,
  ne: (a, b) => a !== b,
  neq: (a, b) => a !== b,
  '>': (a, b) => a > b,
  gt: (a, b) => a > b,
  '<': (a, b) => a < b,
  lt: (a, b) => a < b,
  '>=': (a, b) => a >= b,
  ge: (a, b) => a >= b,
  geq: (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  le: (a, b) => a <= b,
  leq: (a, b) => a <= b,
};
/** An address is compared in no other way. */
const EQUALS = new Set(['=', '==', 'eq']);
const AND = new Set(['and', '&', '&&']);
const OR = new Set(['or', '|', '||']);
const NOT = new Set(['not', '!']);
/** How a condition begins. */
const PORTS: Readonly<Record<string, 'local' | 'remote'>> = { sport: 'local', dport: 'remote' };
const HOSTS: Readonly<Record<string, 'local' | 'remote'>> = { src: 'local', dst: 'remote' };

const SYNTAX = 'bison bellows (while parsing filter): "syntax error!" Sorry.';
const UNREADABLE = '\nCannot parse dst/src address.';

function port(word: string): number {
  const number = portNumber(word.replace(/^.*:/, ''));
  if (number === null) throw new BadAddress(`Error: "${word}" does not look like a port.${UNREADABLE}`);
  return number;
}

/** Bytes that are not given are 0: `10.1` is 10.1.0.0. @throws BadAddress */
function ipv4(word: string, shown = word): number {
  const bytes = word.split('.');
  const isAddress = bytes.length <= 4 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) < 256);
  if (!isAddress)
    throw new BadAddress(`Error: an inet prefix is expected rather than "${shown}".${UNREADABLE}`);
  return [...bytes, 0, 0, 0].slice(0, 4).reduce((all: number, byte) => all * 256 + Number(byte), 0);
}

const IPV6 = /^\[([0-9a-f:]+)\](?::(.+))?$/;

/** `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1:80`, `:80`, `*:80`, `[2001:db8::1]`, `[2001:db8::1]:80`. */
function host(word: string, end: 'local' | 'remote'): Filter {
  const ipv6 = IPV6.exec(word);
  if (ipv6) {
    const [, whole, at = '*'] = ipv6;
    const wanted = at === '*' ? null : port(`:${at}`);
    return (socket) => socket[end].address === whole && (wanted === null || socket[end].port === wanted);
  }
  const [prefix = '', wantedPort = '*'] = word.split(':');
  const wanted = wantedPort === '*' ? null : port(`:${wantedPort}`);
  const [address = '', bits = '32'] = prefix.split('/');
  const isAny = address === '' || address === '*';
  const from = isAny ? 0 : ipv4(address, prefix);
  const size = 2 ** (32 - (/^\d+$/.test(bits) && Number(bits) <= 32 ? Number(bits) : 32));
  return (socket) => {
    const endpoint = socket[end];
    if (!isAny && familyOf(endpoint.address) === 'inet6') return false;
    const inside = isAny || Math.floor(ipv4(endpoint.address) / size) === Math.floor(from / size);
    return inside && (wanted === null || endpoint.port === wanted);
  };
}

class Parser {
  readonly #words: string[];

  constructor(words: readonly string[]) {
    this.#words = words.join(' ').match(WORDS) ?? [];
  }

  whole(): Filter {
    const filter = this.#list();
    if (this.#words.length > 0) throw new UsageError(SYNTAX);
    return filter;
  }

  #next(): string {
    const word = this.#words.shift();
    if (word === undefined) throw new UsageError(SYNTAX);
    return word;
  }

  #list(): Filter {
    let left = this.#condition();
    for (let word = this.#words[0]; word !== undefined && word !== ')'; word = this.#words[0]) {
      const isOr = OR.has(word);
      if (isOr || AND.has(word)) this.#words.shift();
      const [a, b] = [left, this.#condition()];
      left = isOr ? (socket) => a(socket) || b(socket) : (socket) => a(socket) && b(socket);
    }
    return left;
  }

  #condition(): Filter {
    const word = this.#next();
    if (NOT.has(word)) {
      const inner = this.#condition();
      return (socket) => !inner(socket);
    }
    if (word === '(') {
      const inner = this.#list();
      if (this.#next() !== ')') throw new UsageError(SYNTAX);
      return inner;
    }
    const ported = PORTS[word];
    if (ported) {
      const compare = OPERATORS[this.#words[0] ?? ''];
      if (compare) this.#words.shift();
      const value = port(this.#next());
      const holds = compare ?? OPERATORS['='];
      return (socket) => holds?.(socket[ported].port, value) ?? false;
    }
    const hosted = HOSTS[word];
    if (hosted) {
      if (EQUALS.has(this.#words[0] ?? '')) this.#words.shift();
      if (OPERATORS[this.#words[0] ?? '']) throw new UsageError(SYNTAX);
      return host(this.#next(), hosted);
    }
    // What begins like none of them is taken for an address.
    ipv4(word);
    throw new UsageError(SYNTAX);
  }
}

/** @throws UsageError for words that are no filter, BadAddress for an address or a port that is none */
export const parseFilter = (words: readonly string[]): Filter =>
  words.length > 0 ? new Parser(words).whole() : EVERY;
