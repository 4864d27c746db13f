/** Every kind of file: for machines on which anything may be tried. */
import type { Kind } from '../syscalls.ts';
import { EPOLL } from './epoll.ts';
import { PIPES } from './pipes.ts';
import { UDP } from './udp.ts';

export const ALL_KINDS: readonly Kind[] = [EPOLL, PIPES, UDP];
