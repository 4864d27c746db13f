/**
 * sshd's end of a session channel, as far as it decides when sshd stops reading the pipe behind a remote command's
 * standard error (OpenSSH, `channels.c`: `channel_pre_open`, `channel_handle_efd_read`,
 * `channel_output_poll_extended_read`; `packet.c`: `ssh_packet_not_very_much_data_to_write`).
 *
 * The other end is a client that has stopped: it takes what its kernel takes for it, and never opens the window again.
 *
 * Left out: what encryption adds to each packet; rekeying, keep-alives, a client that notices nothing for so long that
 * sshd gives it up (ClientAliveInterval is off by default).
 */

/** `CHAN_SES_WINDOW_DEFAULT`: what may be sent before the client asks for more. */
export const CHAN_SES_WINDOW_DEFAULT_bytes = 64 * 32 * 1024;

/** `CHAN_RBUF`: the most that one read() takes. */
export const CHAN_RBUF_bytes = 16 * 1024;

/** `CHAN_SES_PACKET_DEFAULT`: the most that one message carries. */
const CHAN_SES_PACKET_DEFAULT_bytes = 32 * 1024;

/** No new message is made while so much waits for the socket: `ssh_packet_not_very_much_data_to_write`. */
const MUCH_TO_WRITE_bytes = 128 * 1024;

/** What sshd knows of its channel. */
export interface SshChannelState {
  readonly remote_window: number;
  readonly extended_bytes: number;
  readonly output_bytes: number;
  readonly socket_bytes: number;
  readonly swallowed_bytes: number;
  readonly reads: boolean;
}

export class SshChannel {
  /** What the client's window still lets through. */
  remote_window: number;
  /** Read from the pipe and not yet a message: `c->extended`. */
  extended_bytes = 0;
  /** Messages that wait for the socket. */
  output_bytes = 0;
  /** In the socket buffers of both ends. */
  socket_bytes = 0;
  readonly #room_bytes: number;

  /** @param room_bytes what the socket buffers of both ends hold */
  constructor(window_bytes: number, room_bytes: number) {
    this.remote_window = window_bytes;
    this.#room_bytes = room_bytes;
  }

  /** Whether sshd asks poll() for the pipe. */
  get reads(): boolean {
    return this.extended_bytes < this.remote_window;
  }

  /** All that it has taken out of the pipe. */
  get swallowed_bytes(): number {
    return this.extended_bytes + this.output_bytes + this.socket_bytes;
  }

  state(): SshChannelState {
    const { remote_window, extended_bytes, output_bytes, socket_bytes, swallowed_bytes, reads } = this;
    return { remote_window, extended_bytes, output_bytes, socket_bytes, swallowed_bytes, reads };
  }

  /** sshd has read so many bytes from the pipe, at most {@link CHAN_RBUF_bytes}, and sends what it may. */
  read(bytes: number): void {
    this.extended_bytes += bytes;
    while (this.extended_bytes > 0 && this.remote_window > 0 && this.output_bytes < MUCH_TO_WRITE_bytes) {
      const sent = Math.min(this.extended_bytes, this.remote_window, CHAN_SES_PACKET_DEFAULT_bytes);
      this.extended_bytes -= sent;
      this.remote_window -= sent;
      this.output_bytes += sent;
      const taken = Math.min(this.output_bytes, this.#room_bytes - this.socket_bytes);
      this.output_bytes -= taken;
      this.socket_bytes += taken;
    }
  }
}
