/** The parts of the explorer that change with each step, as markup: at build time and in the browser alike. */
import { duration } from '#simulations/engine/duration.ts';
import type { PacketAction } from '#simulations/reference/tcp-states/parameters.ts';
import { sentence } from '../views/sentence.ts';
import { escapeText, packetKind, packetMark } from '../views/svg.ts';
import { actionName, changes, sent } from './account.ts';
import { CALL_WORDS, obstacle } from './calls.ts';
import {
  actionOf,
  type EndMoment,
  type EndName,
  eventsOf,
  type Moment,
  momentAt,
  type PacketInFlight,
  type WalkTrace,
} from './moment.ts';
import { socketLines } from './socket-line.ts';

/** What can be done to a packet: the button's label, and what it does. */
const BUTTONS: readonly (readonly [action: PacketAction, label: string, help: string])[] = [
  ['deliver', 'Deliver', 'It arrives now, before all others'],
  ['drop', 'Drop', 'It never arrives'],
  ['delay', 'Delay', 'All that is on its way overtakes it'],
  ['duplicate', 'Duplicate', 'A copy of it is on its way, too'],
];

/** @param name of a packet @param bytes of data that it carries */
const kindOf = (name: string, bytes = 0) => (bytes || name === 'data' ? 'data' : packetKind(name));

const mark = (kind: ReturnType<typeof kindOf>): string =>
  `<svg class="view" viewBox="-7 -7 14 14" width="14" height="14" aria-hidden="true">${packetMark(kind, 0, 0)}</svg>`;

/** What a segment says of itself: `seq 1 ack 1 len 100`. */
const numbers = ({ seq, ack, bytes }: PacketInFlight): string =>
  `seq ${seq}${ack === null ? '' : ` ack ${ack}`} len ${bytes}`;

/** The segments on their way, each as an arrow between the ends with what can become of it. */
export function wire(inFlight: readonly PacketInFlight[]): string {
  if (inFlight.length === 0) return '<li class="empty">Nothing is on its way.</li>';
  return inFlight
    .map((packet, i) => {
      const { number, from, to, copyOf, flags, bytes } = packet;
      const kind = kindOf(packet.name, bytes);
      const name = `${packet.name}${copyOf === null ? '' : ', a copy,'} to the ${to}`;
      const buttons = BUTTONS.map(([action, label, help]) => {
        const isIdle = action === 'delay' && inFlight.length - 1 === i;
        const why = isIdle ? 'Nothing that is on its way could overtake it' : help;
        return `<button type="button" data-act="${action}.${number}" title="${why}"${isIdle ? ' aria-disabled="true"' : ''}>${label}<span class="sr"> the ${escapeText(name)} number ${number}</span></button>`;
      }).join('');
      return `<li class="letter ${kind} to-${to}" data-letter="${number}"><p>${mark(kind)} <b>${escapeText(flags.join(' '))}</b> <span>${numbers(packet)}${copyOf === null ? '' : ` · copy of ${copyOf}`}</span><span class="sr">, from the ${from} to the ${to}</span></p><div class="shaft" aria-hidden="true"></div><div class="fates needs-script">${buttons}</div></li>`;
    })
    .join('');
}

/** `wait 59.998 s: TIME_WAIT of the client`. */
export const waitLabel = ({ timer }: Moment): string =>
  timer ? `Wait ${duration(timer.left_us)}: ${timer.name}` : 'Wait: no timer runs';

/** Which calls are possible at an end: the reason against each that is not. */
export const obstacles = (end: EndMoment): ReadonlyMap<string, string | null> =>
  new Map(CALL_WORDS.map((call) => [`${end.name}.${call}`, obstacle(call, end)]));

/** An end’s state in a word, and what holds it. */
export function stateWords(end: EndMoment): { state: string; rest: string } {
  const { connection, hasListener, holdsConnection, recordDue_us, queued } = end;
  const state = connection ?? (hasListener ? 'LISTEN' : 'CLOSE');
  if (connection === null) return { state, rest: hasListener ? 'a listener' : 'no socket' };
  const listener = hasListener ? ', and a listener' : '';
  if (connection === 'CLOSE')
    return { state, rest: (holdsConnection ? 'the program still holds it' : 'no connection') + listener };
  if (recordDue_us !== null) return { state, rest: `a record, no socket${listener}` };
  if (holdsConnection) return { state, rest: `held by the program${listener}` };
  if (queued > 0) return { state, rest: 'waits for accept()' };
  return {
    state,
    rest:
      (state === 'SYN_RECV' ? 'a request of the listener' : 'an orphan') +
      (state === 'SYN_RECV' ? '' : listener),
  };
}

/** The timer stands on a line of its own where there is no room. */
const socketLine = (line: string): string =>
  `<span class="line">${escapeText(line).replace(/timer:.*/, '<i>$&</i>')}</span>`;

/** What ss prints at both ends. */
export function sockets({ client, server, at_us }: Moment): string {
  return [client, server]
    .map((end) => {
      const { header, lines } = socketLines(end, at_us);
      const shown =
        lines.length > 0 ? lines.map(socketLine).join('') : '<span class="none">(no socket)</span>';
      return `<span class="host">${end.name}</span><span class="head">${escapeText(header)}</span>${shown}`;
    })
    .join('');
}

/** The steps as a ladder: what was done at the client on the left, at the server on the right, packets between. */
export function ladder(trace: WalkTrace, steps: number): string {
  const rows = [
    '<li><button type="button" data-step="0"><span class="n">0</span><span class="what">the beginning</span></button></li>',
  ];
  for (let step = 1; step <= steps; step++) rows.push(row(trace, step));
  return rows.join('');
}

function row(trace: WalkTrace, step: number): string {
  const events = eventsOf(trace, step);
  const action = actionOf(trace, step) ?? '';
  const taken = changes(events);
  const put = sent(events);
  const isIdle = events.some(({ kind }) => kind === 'without-effect');
  const at = (end: EndName): string => {
    const call = action.startsWith(`${end}.`)
      ? `<i>${escapeText(actionName(trace, action).split(': ')[1] ?? '')}</i>`
      : '';
    const moved = taken.filter((change) => change.end === end).at(-1);
    return `<span class="at">${[call, moved ? `<b>${moved.to}</b>` : ''].filter(Boolean).join(' ')}</span>`;
  };
  const isCall = /^(client|server)\./.test(action);
  const what = isCall ? '' : `<span>${escapeText(actionName(trace, action))}</span>`;
  const packets = put
    .map(
      ({ end, packet }) =>
        `<span class="put ${kindOf(packet)}">${end === 'client' ? `${escapeText(packet)} →` : `← ${escapeText(packet)}`}</span>`,
    )
    .join('');
  return `<li${isIdle ? ' class="idle"' : ''}><button type="button" data-step="${step}"><span class="n">${step}</span>${at('client')}<span class="what">${what}${isIdle ? '<span>no effect</span>' : ''}${packets}</span>${at('server')}</button></li>`;
}

/** A whole walk in sentences, for a reader without a script. @param tell one step */
export const told = (
  trace: WalkTrace,
  steps: number,
  tell: (moment: Moment, step: number) => string,
): string =>
  Array.from({ length: steps }, (_, i) => i + 1)
    .map(
      (step) =>
        `<li><b>${escapeText(actionName(trace, actionOf(trace, step) ?? ''))}.</b> ${sentence(tell(momentAt(trace, step), step))}</li>`,
    )
    .join('');
