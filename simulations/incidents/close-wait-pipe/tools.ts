/** What can be printed of a close-wait-pipe run, the one that tells most first. */
import { commandTool, type Tool, wchanTool } from '../../tools/tool.ts';
import { transcript } from '../../tools/transcript.ts';
import { SERVER_PID } from './simulation.ts';

const ON_SERVER = { machine: 'server', most_alike: 3 } as const;

export const tools: readonly Tool[] = [
  commandTool({
    ...ON_SERVER,
    name: 'py-spy',
    kind: 'py-spy',
    command: `py-spy dump --pid ${SERVER_PID}`,
    shown: `py-spy dump --pid ${SERVER_PID}   # server.py, line 12: os.write(2, line)`,
  }),
  commandTool({ ...ON_SERVER, name: 'ss', kind: 'ss', command: "ss -tanp 'sport = :8080'" }),
  commandTool({
    ...ON_SERVER,
    name: 'lsof',
    kind: 'lsof',
    command: `lsof -nP -a -d 0-1048576 -p ${SERVER_PID}`,
  }),
  commandTool({
    ...ON_SERVER,
    name: 'lsof-pipe',
    title: 'who holds the pipe',
    kind: 'lsof',
    command: `lsof +E -a -p ${SERVER_PID} -d 2`,
  }),
  wchanTool('server', SERVER_PID),
  commandTool({
    ...ON_SERVER,
    name: 'strace',
    kind: 'strace',
    command: `strace -f -s 0 -p ${SERVER_PID}`,
  }),
  transcript,
];
