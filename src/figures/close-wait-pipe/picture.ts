/** The chain from the clients to whoever reads the log, as one picture. */
import { count } from '#simulations/engine/wording.ts';
import { socketCount } from '#simulations/machine/lookups.ts';
import { chain, type Link } from '../../views/chain.ts';
import { slotTextures } from '../../views/pipe-slots.ts';
import { once } from '../../views/scene.ts';
import { escapeText } from '../../views/svg.ts';
import type { MomentPicture } from '../figure.ts';
import { drawChannel } from './channel.ts';
import { drawClients } from './clients.ts';
import { flowOf, headline } from './flow.ts';
import { type Chain, chainAt, connectionsIn, hasPool, most } from './moment.ts';
import { drawPile, pileTexture } from './pile.ts';
import { logPipe, type PileUp } from './pile-up.ts';
import { drawPipe, drawReader } from './pipe.ts';
import { layout } from './places.ts';
import { drawAcceptQueue, drawPoolQueue } from './queues.ts';
import { drawMain, drawStack, drawWorkers } from './threads.ts';

/** The most connections in CLOSE_WAIT that a run ever has. */
const mostCloseWait = once((trace: PileUp) => most(trace, (world) => connectionsIn(world, 'CLOSE_WAIT')));

function told(
  { clients, accept, pool, workers, asleep, pipe, census }: Chain,
  words: readonly string[],
): string {
  const queue = pool ? `, ${count(pool.waiting)} in the pool’s queue` : '';
  return `${words.join(': ')}. ${count(clients.served)} clients served, ${count(accept.waiting)} of ${count(accept.room)} in the accept queue${queue}, ${asleep} of ${workers.length} ${workers.length === 1 ? 'thread' : 'workers'} asleep in write(), ${pipe.used} of ${pipe.slots.length} slots of the pipe in use, ${count(socketCount(census, 'CLOSE_WAIT'))} in CLOSE-WAIT`;
}

function draw(trace: PileUp, index: number, at_us: number, beside?: PileUp): string {
  const moment = chainAt(trace, index);
  const { request_bytes, ssh_window_bytes, reader } = trace.parameters;
  const withPool = hasPool(trace);
  const { links, stack, kernel: inKernel, channel, pile, heights } = layout(withPool, moment.ssh !== null);
  const flow = flowOf(moment);
  const [first] = logPipe(trace.worldAt(index)).wr_wait;
  const [own, below] = drawStack(
    withPool ? [moment.main, ...moment.workers] : moment.workers,
    first?.name,
    at_us,
  );
  const scale = Math.max(1, mostCloseWait(trace), beside ? mostCloseWait(beside) : 0);
  const words = headline(moment);
  const [what, why] = words;
  const drawn: Link[] = [
    { ...links.clients, markup: drawClients(moment, flow.clients) },
    { ...links.accept, markup: drawAcceptQueue(moment, flow.accept) },
    { ...links.main, markup: drawMain(moment, withPool ? 'main thread' : 'the thread', flow.main) },
    ...(withPool
      ? [
          { ...links.pool, markup: drawPoolQueue(moment, flow.pool) },
          { ...links.workers, markup: drawWorkers(moment, flow.workers) },
        ]
      : []),
    { ...links.pipe, markup: drawPipe(moment, flow.pipe) },
    { ...links.reader, ...drawReader(moment, reader === 'none') },
    { ...stack, markup: own },
    { ...inKernel, markup: below },
    ...(moment.ssh ? [{ ...channel, markup: drawChannel(moment.ssh, ssh_window_bytes) }] : []),
    { ...pile, markup: drawPile(moment.census, request_bytes, withPool, scale) },
  ];
  const title = {
    wide: { x: 0, y: 0, width: 1 },
    narrow: { x: 0, y: 0, width: 1 },
    height: 40,
    markup: `<text class="ring-slots${flow.isStopped ? ' decide' : ''}" y="15">${escapeText(what)}</text><text class="link-words" y="35">${escapeText(why)}</text>`,
  };
  return chain(
    [title, ...drawn],
    heights,
    told(moment, words),
    slotTextures.replace('</defs>', `${pileTexture}</defs>`),
  );
}

const mark = (content: string): string => `<svg width="14" height="13" aria-hidden="true">${content}</svg>`;
const box = (className: string, more = ''): string =>
  mark(`<rect class="${className}" x="1" y="1" width="12" height="11" rx="2"/>${more}`);

const LEGEND: readonly (readonly [string, string])[] = [
  [box('thread idle'), 'a thread that waits for work'],
  [box('thread busy'), 'works'],
  [box('thread asleep-in-write', '<path class="pause" d="M4.8 3v7M9.2 3v7"/>'), 'stands still'],
  [box('place taken'), 'a connection waits'],
  [box('place full'), 'full'],
  [
    box('pile unread', '<rect fill="url(#pile-unread)" x="1" y="1" width="12" height="11"/>'),
    'in CLOSE-WAIT, unread',
  ],
  [
    mark('<rect class="slot-held" width="14" height="12"/><rect class="slot used" width="14" height="12"/>'),
    'log that nobody has read',
  ],
  [
    mark(
      '<rect class="slot-stranded" width="14" height="12"/><rect fill="url(#slot-stranded)" width="14" height="12"/><rect class="slot used" width="14" height="12"/>',
    ),
    'stranded: free, but too small for the next line',
  ],
];

export const picture: MomentPicture<PileUp> = {
  shows: 'moment',
  title: 'From the clients to whoever reads the log',
  note: 'each link waits for the next',
  label: 'The chain',
  layout: 'wide',
  hasPackets: false,
  draw,
  legend: () => LEGEND.map(([drawn, name]) => `<span>${drawn}${escapeText(name)}</span>`).join(''),
};
