/** The figure of the close-wait-pipe chapter. */
import { threadMachine } from '#simulations/incidents/close-wait-pipe/thread.ts';
import { live } from './close-wait-pipe/live.ts';
import { tools } from './close-wait-pipe/tools.ts';
import type { Figure } from './figure.ts';

export const closeWaitPipeFigure: Figure = {
  ...live,
  states: { title: 'One thread', note: 'worker 1, or the only one' },
  charts: [
    {
      machine: threadMachine,
      region: 'thread',
      actor: ['worker 1', 'main'],
      field: 'status',
      part: {
        states: ['working', 'in accept()', 'waiting for work', 'asleep in write()'],
        direction: 'RIGHT',
      },
    },
  ],
  tools,
  excerpts: [
    '__inet_stream_connect',
    'inet_csk_listen_start',
    'tcp_conn_request',
    'tcp_rcv_state_process',
    '__sys_accept4_file',
    'inet_csk_accept',
    'tcp_recvmsg_locked',
    'tcp_close_state',
    'pipe_write',
    'pipe_writable',
    'pipe_read',
    'pipe_release',
    'tcp_fin',
    'tcp_diag_get_info',
    'tcp_reset',
  ],
};
