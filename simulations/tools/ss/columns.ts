/**
 * The columns of ss (iproute2, `misc/ss.c`: `columns`, `render`) where its output is no terminal. Each is as wide as the
 * longest text in it, its header included.
 *
 * What `-i` and `-m` print below a socket belongs to its last column, with the line feed and the tab before it. ss
 * measures a field when the next one begins, so the last field of the last socket is never measured, and does not widen
 * its column.
 */

export interface Row {
  readonly netid: string;
  readonly state: string;
  readonly recv_q: number;
  readonly send_q: number;
  readonly local: { readonly address: string; readonly port: string };
  readonly peer: { readonly address: string; readonly port: string };
  readonly process: string;
}

/** What is to be printed. */
export interface Layout {
  readonly netid: boolean;
  readonly state: boolean;
  readonly header: boolean;
}

/** ss pads the queues itself, so they stay that wide without a header. */
const QUEUE_WIDTH = 6;

interface Column {
  readonly header: string;
  readonly delimiter: '' | ' ';
  readonly align: 'left' | 'right';
  readonly of: (row: Row) => string;
}

const queue = (bytes: number): string => String(bytes).padEnd(QUEUE_WIDTH);

const NETID: Column = { header: 'Netid', delimiter: '', align: 'left', of: ({ netid }) => netid };
const STATE: Column = { header: 'State', delimiter: ' ', align: 'left', of: ({ state }) => state };
const REST: readonly Column[] = [
  { header: 'Recv-Q', delimiter: ' ', align: 'left', of: ({ recv_q }) => queue(recv_q) },
  { header: 'Send-Q', delimiter: ' ', align: 'left', of: ({ send_q }) => queue(send_q) },
  { header: 'Local Address:', delimiter: ' ', align: 'right', of: ({ local }) => `${local.address}:` },
  { header: 'Port', delimiter: '', align: 'left', of: ({ local }) => local.port },
  { header: 'Peer Address:', delimiter: ' ', align: 'right', of: ({ peer }) => `${peer.address}:` },
  { header: 'Port', delimiter: '', align: 'left', of: ({ peer }) => peer.port },
  { header: 'Process', delimiter: '', align: 'left', of: ({ process }) => process },
];

/** The header and the rows, each ended by a line feed. A string among the rows stands as it is, and has no columns. */
export function table(rows: readonly (Row | string)[], { netid, state, header }: Layout): string {
  const columns = [...(netid ? [NETID] : []), ...(state ? [STATE] : []), ...REST];
  const cells = rows.filter((row) => typeof row !== 'string').map((row) => columns.map(({ of }) => of(row)));
  if (header) cells.unshift(columns.map((column) => column.header));
  const isMeasured = (column: number, row: number) => column < columns.length - 1 || row < cells.length - 1;
  const widths = columns.map((_, i) =>
    cells.reduce((width, row, j) => (isMeasured(i, j) ? Math.max(width, row[i]?.length ?? 0) : width), 0),
  );
  const line = (row: readonly string[]): string =>
    columns
      .map(({ delimiter, align }, i) => {
        const cell = row[i] ?? '';
        const width = widths[i] ?? 0;
        return (i === 0 ? '' : delimiter) + (align === 'left' ? cell.padEnd(width) : cell.padStart(width));
      })
      .join('');
  const lines = cells.map(line)[Symbol.iterator]();
  const nextLine = (): string => lines.next().value ?? '';
  const first = header ? [nextLine()] : [];
  const all = rows.map((row) => (typeof row === 'string' ? row : nextLine()));
  return [...first, ...all].map((text) => `${text}\n`).join('');
}
