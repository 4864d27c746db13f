/** epoll: a file that watches others (`fs/eventpoll.c`). */
import type { Json } from '../../engine/json.ts';
import { failure, type Reasoned } from '../../kernel/answer.ts';
import { Epoll } from '../../kernel/epoll.ts';
import type { PollEvent } from '../file.ts';
import { type Handler, install, type Kind } from '../syscalls.ts';

const isEdge = (events: readonly Json[]): boolean => events.includes('EPOLLET');

const control: Handler = ({ process, thread }, args): Reasoned => {
  const epoll = process.files.get(Number(args.epfd))?.file;
  const open = process.files.get(Number(args.fd))?.open;
  if (!epoll || !open) return failure('EBADF');
  if (!(epoll instanceof Epoll) || epoll === open.file) return failure('EINVAL');
  const events = (args.events ?? []) as readonly PollEvent[];
  const answer = epoll.control(
    String(args.op) as 'EPOLL_CTL_ADD',
    Number(args.fd),
    open,
    { events, edge: isEdge(events), once: (events as readonly Json[]).includes('EPOLLONESHOT') },
    thread,
  );
  process.files.changed(Number(args.epfd));
  return answer;
};

export const EPOLL: Kind = {
  calls: {
    epoll_create1: (caller) =>
      install(caller, new Epoll(caller.machine.stack.nextInode(), caller.machine.stack.clock)),
    epoll_ctl: control,
    epoll_wait: ({ process, thread }, { epfd, maxevents, timeout_ms }) => {
      const epoll = process.files.get(Number(epfd))?.file;
      if (!epoll) return failure('EBADF');
      if (!(epoll instanceof Epoll) || Number(maxevents) < 1) return failure('EINVAL');
      return epoll.wait(thread, Number(maxevents), Number(timeout_ms));
    },
  },
};
