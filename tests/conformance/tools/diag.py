"""The kernel's own list of TCP sockets (sock_diag(7), NETLINK_SOCK_DIAG): what ss reads and prints."""
import socket
import struct

NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY = 4, 20
NLM_F_REQUEST, NLM_F_DUMP, NLMSG_ERROR, NLMSG_DONE = 0x1, 0x300, 2, 3
INFO, CONG, TOS, TCLASS, SKMEMINFO, SHUTDOWN = 2, 4, 5, 6, 7, 8
ATTRIBUTES = {2: "info", 4: "cong", 7: "skmem", 8: "shutdown"}
STATES = (
    "",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
)
ALL_STATES = (1 << len(STATES)) - 1  # as ss 6.1 asks with -a
BOUND_INACTIVE = 1 << 13  # what is bound and in CLOSE; Linux 6.8
TIMERS = (None, "on", "keepalive", "timewait", "persist", "unknown")
SKMEM = ("rmem_alloc", "rcvbuf", "wmem_alloc", "sndbuf", "fwd_alloc", "wmem_queued", "optmem", "backlog", "drops")
# struct tcp_info (include/uapi/linux/tcp.h): the bytes before the first 32-bit number, and the numbers.
BYTES = ("state", "ca_state", "retransmits", "probes", "backoff", "options", "wscale", "flags")
NUMBERS = """I rto I ato I snd_mss I rcv_mss I unacked I sacked I lost I retrans I fackets I last_data_sent I last_ack_sent
    I last_data_recv I last_ack_recv I pmtu I rcv_ssthresh I rtt I rttvar I snd_ssthresh I snd_cwnd I advmss
    I reordering I rcv_rtt I rcv_space I total_retrans Q pacing_rate Q max_pacing_rate Q bytes_acked Q bytes_received
    I segs_out I segs_in I notsent_bytes I min_rtt I data_segs_in I data_segs_out Q delivery_rate Q busy_time
    Q rwnd_limited Q sndbuf_limited I delivered I delivered_ce Q bytes_sent Q bytes_retrans I dsack_dups I reord_seen
    I rcv_ooopack I snd_wnd I rcv_wnd""".split()
INFO_FORMAT = "=8B" + "".join(NUMBERS[0::2])


def attributes(body):
    """The routing attributes of a message: type, bytes."""
    while len(body) >= 4:
        length, kind = struct.unpack_from("=HH", body)
        yield kind, body[4:length]
        body = body[(length + 3) & ~3 :]


def dump(protocol=socket.IPPROTO_TCP, states=ALL_STATES):
    """All IPv4 sockets of the caller's network namespace. Returns the messages as the kernel sent them."""
    extensions = sum(1 << (kind - 1) for kind in (INFO, CONG, SKMEMINFO))
    request = struct.pack("=BBBBI", socket.AF_INET, protocol, extensions, 0, states) + bytes(48)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as netlink:
        netlink.settimeout(5)
        header = struct.pack("=IHHII", 16 + len(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0)
        netlink.send(header + request)
        found = []
        while True:
            data = netlink.recv(1 << 20)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == NLMSG_ERROR:
                    raise OSError("sock_diag refused the request")
                if kind == NLMSG_DONE:
                    return found
                found.append(data[:length])
                data = data[(length + 3) & ~3 :]


def without(messages, *kinds):
    """The messages without some attributes, as the kernel would have sent them had it not been asked for these."""
    kept = []
    for message in messages:
        body = message[16:88]
        for kind, value in attributes(message[88:]):
            if kind not in kinds:
                body += struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)
        kept.append(struct.pack("=I", 16 + len(body)) + message[4:16] + body)
    return b"".join(kept) + struct.pack("=IHHIII", 20, NLMSG_DONE, 2, 1, 0, 0)


def decode(message):
    """A message in words."""
    _, state, timer, retransmits = struct.unpack_from("=4B", message, 16)
    sport, dport = struct.unpack_from("!HH", message, 20)
    expires, rqueue, wqueue, uid, inode = struct.unpack_from("=5I", message, 68)
    low, high = struct.unpack_from("=II", message, 60)
    told = {
        "state": STATES[state],
        "cookie": low | high << 32,
        "inode": inode,
        "uid": uid,
        "local": f"{socket.inet_ntoa(message[24:28])}:{sport}",
        "remote": f"{socket.inet_ntoa(message[40:44])}:{dport}",
        "recv_q": rqueue,
        "send_q": wqueue,
        "timer": TIMERS[timer],
        "retransmits": retransmits,
        "expires_ms": expires,
    }
    for kind, value in attributes(message[88:]):
        if kind == INFO:
            numbers = struct.unpack_from(INFO_FORMAT, value)
            told["info"] = dict(zip(BYTES + tuple(NUMBERS[1::2]), numbers))
        elif kind == SKMEMINFO:
            told["skmem"] = dict(zip(SKMEM, struct.unpack_from("=9I", value)))
        elif kind == CONG:
            told["cong"] = value.split(b"\0")[0].decode()
        elif kind == SHUTDOWN:
            told["shutdown"] = value[0]
    return told
