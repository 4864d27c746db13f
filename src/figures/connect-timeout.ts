/** The figure of the connect-timeout chapter. */
import { connectionMachine } from '#simulations/kernel/tcp/connection.ts';
import { tools } from '#simulations/tools/catalogue.ts';
import { live } from './connect-timeout/live.ts';
import type { Figure } from './figure.ts';

export const connectTimeoutFigure: Figure = {
  ...live,
  states: { title: 'Client socket', note: 'drawn from the simulation’s state machine' },
  charts: [
    {
      machine: connectionMachine,
      region: 'connection',
      actor: 'client',
      field: 'sk_state',
      part: {
        states: ['CLOSE', 'SYN_SENT', 'ESTABLISHED'],
        leaving: ['CLOSE', 'SYN_SENT'],
        events: ['connect()', 'SYN-ACK', 'RST', 'ICMP error', 'give up', 'close()'],
      },
    },
  ],
  tools,
  excerpts: [
    '__inet_stream_connect',
    'sock_sndtimeo',
    'inet_wait_for_connect',
    'tcp_connect_init',
    'tcp_connect',
    'tcp_retransmit_timer',
    'tcp_write_timeout',
    'retransmits_timed_out',
    'tcp_model_timeout',
    'tcp_clamp_rto_to_user_timeout',
    'tcp_write_err',
    'tcp_rcv_synsent_state_process',
    'inet_csk_listen_start',
    'tcp_conn_request',
    'tcp_rcv_state_process',
    '__tcp_close',
    'tcp_reset',
    'tcp_v4_send_reset',
    'tcp_v4_err',
    'tcp_ld_RTO_revert',
    'icmp_err_convert',
    '__neigh_event_send',
    'neigh_timer_handler',
    'ipv4_send_dest_unreach',
    'tcp_poll',
    'do_poll',
  ],
};
