/** Character devices that take everything and give nothing: /dev/null, a terminal that nobody types at. */
import { type Reasoned, success } from '../kernel/answer.ts';
import type { File, PollEvent } from './file.ts';
import type { FileRef } from './state.ts';

export class Device implements File {
  readonly ref: FileRef;
  nonblocking = false;

  /** @param mode how it was opened, as lsof prints it */
  constructor(path: string, mode: 'r' | 'w' | 'u') {
    this.ref = { kind: 'device', path, mode };
  }

  read(): Reasoned {
    return success(0);
  }

  write(_thread: unknown, bytes: number): Reasoned {
    return success(bytes);
  }

  poll(): readonly PollEvent[] {
    return ['POLLIN', 'POLLOUT'];
  }

  subscribe(): () => void {
    return () => {};
  }

  close(): Reasoned {
    return success();
  }
}
