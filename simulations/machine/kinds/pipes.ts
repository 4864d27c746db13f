/** Pipes. */
import { success } from '../../kernel/answer.ts';
import { PipeReader, PipeWriter } from '../../kernel/pipe/end.ts';
import { Pipe } from '../../kernel/pipe/pipe.ts';
import { PipeUser } from '../../kernel/pipe/user.ts';
import { type PipeWitness, UNSEEN } from '../../kernel/pipe/witness.ts';
import { type Callee, install, type Kind } from '../syscalls.ts';

/** A pipe with both ends open. @param user whose pages it counts towards @param witness who is told what happens at it */
export function openPipe(
  { kernel, stack, pipeShelf }: Callee,
  user = new PipeUser(),
  witness: PipeWitness = UNSEEN,
): { pipe: Pipe; reader: PipeReader; writer: PipeWriter } {
  const pipe = new Pipe(user, kernel, stack.nextInode(), pipeShelf);
  const shared = { pipe, clock: stack.clock, wchan: kernel.pipe_write_wchan, witness };
  return { pipe, reader: new PipeReader(shared), writer: new PipeWriter(shared) };
}

export const PIPES: Kind = {
  calls: {
    pipe2: (caller) => {
      const { reader, writer } = openPipe(caller.machine);
      const { process, thread } = caller;
      const read = install(caller, reader);
      const write = read.errno ? read : install(caller, writer);
      if (!write.errno) return { ...success(), out: { pipefd: [read.value, write.value] } };
      // __do_pipe_flags: who lacks the second descriptor gives back the first, and both ends are closed.
      if (read.errno) reader.close(thread);
      else process.release(read.value, thread);
      writer.close(thread);
      return write;
    },
  },
};
