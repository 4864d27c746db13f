/**
 * Where the eleven states stand, and which way each arrow goes: by hand, like RFC 9293’s figure. What there is to
 * draw comes from the machine; an arrow that is not in this list is drawn straight.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where an arrow’s words stand. `up` puts the last line at y, `down` the first. */
export interface Words extends Point {
  readonly anchor?: 'start' | 'end' | 'middle';
  readonly grows?: 'up' | 'down';
}

export interface Route {
  readonly path: string;
  readonly words: Words;
}

export const SIZE = { width: 880, height: 656 } as const;
export const BOX = { width: 116, height: 34 } as const;

/** Middles of the states. */
export const PLACES: Readonly<Record<string, Point>> = {
  CLOSE: { x: 440, y: 36 },
  LISTEN: { x: 240, y: 124 },
  SYN_SENT: { x: 640, y: 124 },
  SYN_RECV: { x: 240, y: 228 },
  ESTABLISHED: { x: 440, y: 318 },
  FIN_WAIT1: { x: 240, y: 404 },
  CLOSE_WAIT: { x: 640, y: 404 },
  CLOSING: { x: 440, y: 494 },
  FIN_WAIT2: { x: 240, y: 514 },
  LAST_ACK: { x: 640, y: 514 },
  TIME_WAIT: { x: 440, y: 604 },
};

const LEFT = 24;
const RIGHT = 856;

/** Out to the left, up, and back into CLOSE. @param y of the way out */
const byLeft = (y: number, words: Words): Route => ({
  path: `M182 ${y}H${LEFT + 12}Q${LEFT} ${y} ${LEFT} ${y - 12}V42Q${LEFT} 30 ${LEFT + 12} 30H381`,
  words,
});

/** The same on the right. @param from where it leaves the state */
const byRight = (from: string, y: number, words: Words): Route => ({
  path: `${from}H${RIGHT - 12}Q${RIGHT} ${y} ${RIGHT} ${y - 12}V42Q${RIGHT} 30 ${RIGHT - 12} 30H499`,
  words,
});

const onLeft = (y: number): Words => ({ x: 34, y: y - 7, grows: 'up' });
const onRight = (y: number): Words => ({ x: 846, y: y - 7, anchor: 'end', grows: 'up' });

/** Arrows by `FROM TO`. */
export const ROUTES: Readonly<Record<string, Route>> = {
  'CLOSE LISTEN': { path: 'M404 53C380 86 320 76 270 106', words: { x: 352, y: 98 } },
  'LISTEN CLOSE': { path: 'M214 107C220 66 300 44 381 42', words: { x: 214, y: 74, anchor: 'end' } },
  'CLOSE SYN_SENT': { path: 'M476 53C500 86 560 76 610 106', words: { x: 452, y: 99 } },
  'SYN_SENT CLOSE': {
    path: 'M666 107C660 66 580 44 499 42',
    words: { x: 690, y: 58, grows: 'down' },
  },
  'LISTEN SYN_RECV': { path: 'M240 141V210', words: { x: 232, y: 180, anchor: 'end' } },
  'SYN_SENT SYN_RECV': { path: 'M582 130C520 150 400 190 299 222', words: { x: 490, y: 182 } },
  'SYN_SENT ESTABLISHED': { path: 'M640 141C640 230 570 296 499 312', words: { x: 636, y: 232 } },
  'SYN_RECV ESTABLISHED': { path: 'M280 245C310 280 340 300 381 312', words: { x: 316, y: 256 } },
  'SYN_RECV FIN_WAIT1': { path: 'M230 245V386', words: { x: 222, y: 312, anchor: 'end' } },
  'SYN_RECV CLOSE': byLeft(228, onLeft(228)),
  'ESTABLISHED CLOSE': { path: 'M440 301V54', words: { x: 446, y: 232 } },
  'ESTABLISHED FIN_WAIT1': { path: 'M396 335C370 362 330 376 290 387', words: { x: 372, y: 370 } },
  'ESTABLISHED CLOSE_WAIT': { path: 'M484 335C510 362 550 376 590 387', words: { x: 552, y: 356 } },
  'FIN_WAIT1 FIN_WAIT2': { path: 'M240 421V496', words: { x: 232, y: 450, anchor: 'end' } },
  'FIN_WAIT1 CLOSING': { path: 'M299 410C350 424 388 446 416 476', words: { x: 374, y: 434 } },
  'FIN_WAIT1 CLOSE': byLeft(404, onLeft(404)),
  'FIN_WAIT1 TIME_WAIT': { path: 'M290 421C320 470 350 560 392 586', words: { x: 330, y: 500 } },
  'FIN_WAIT2 TIME_WAIT': {
    path: 'M270 531C290 566 330 590 381 600',
    words: { x: 284, y: 592, anchor: 'end' },
  },
  'FIN_WAIT2 CLOSE': byLeft(514, onLeft(514)),
  'CLOSING TIME_WAIT': { path: 'M440 511V586', words: { x: 448, y: 552 } },
  'CLOSING CLOSE': byRight('M499 488C516 484 512 466 530 460', 460, onRight(460)),
  'CLOSE_WAIT LAST_ACK': { path: 'M640 421V496', words: { x: 632, y: 440, anchor: 'end' } },
  'CLOSE_WAIT CLOSE': byRight('M698 404', 404, onRight(404)),
  'LAST_ACK CLOSE': byRight('M698 514', 514, onRight(514)),
  'TIME_WAIT CLOSE': byRight('M498 604', 604, onRight(604)),
  'TIME_WAIT TIME_WAIT': { path: 'M424 621C412 652 468 652 456 622', words: { x: 478, y: 640 } },
};
