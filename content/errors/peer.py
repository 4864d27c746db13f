"""The network of the recording: a client, and a peer that does on each port something else."""
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

CLIENT, SERVER = "errors-client", "errors-server"  # network namespaces
HOST = "10.77.0.2"  # answers; what it does depends on the port
SILENT = "10.77.0.3"  # has a hardware address that nobody has: what is sent there vanishes
ABSENT = "10.77.0.9"  # has none
NO_ROUTE = "10.99.0.1"
UNREACHABLE = "10.78.1.1"  # its router says: host unreachable
PROHIBITED = "10.78.2.1"  # its router says: administratively prohibited
PROHIBITED6 = "fd78::1"
NXDOMAIN, SERVFAIL = "10.77.0.5", "10.77.0.6"  # name servers
CLOSED, MUTE, RESETS, HANGS_UP, CUTS = 8001, 8002, 8003, 8004, 8006  # ports of HOST
SYN_RETRIES = 3  # the kernel gives up after 15 s and not after 131; a missing neighbour is noticed after 3


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, capture_output=True, text=True)


def at_client(*words, **options):
    """Runs a program in the client's namespace, to its end."""
    return subprocess.run(["ip", "netns", "exec", CLIENT, *words], capture_output=True, text=True, **options)


def make_network():
    remove_network()
    sh(f"""
        ip netns add {CLIENT} && ip netns add {SERVER}
        ip link add veth netns {CLIENT} type veth peer name veth netns {SERVER}
        for n in {CLIENT} {SERVER}; do ip -n $n link set lo up; ip -n $n link set veth up; done
        ip -n {CLIENT} addr add 10.77.0.1/24 dev veth
        ip -n {CLIENT} addr add fd77::1/64 dev veth nodad
        for a in {HOST} {NXDOMAIN} {SERVFAIL}; do ip -n {SERVER} addr add $a/24 dev veth; done
        ip -n {SERVER} addr add fd77::2/64 dev veth nodad
        ip -n {CLIENT} neigh add {SILENT} lladdr 02:00:00:00:00:77 dev veth
        ip -n {CLIENT} route add 10.78.0.0/16 via {HOST}
        ip -n {CLIENT} -6 route add fd78::/64 via fd77::2
        ip -n {SERVER} route add unreachable 10.78.1.0/24
        ip -n {SERVER} route add prohibit 10.78.2.0/24
        ip -n {SERVER} -6 route add prohibit fd78::/64
        ip netns exec {SERVER} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
        ip netns exec {SERVER} sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
        ip netns exec {CLIENT} sysctl -qw net.ipv4.tcp_syn_retries={SYN_RETRIES} net.ipv4.tcp_syn_linear_timeouts=0
    """)
    time.sleep(1)


def remove_network():
    for name in (CLIENT, SERVER):
        sh(f"ip netns del {name}", check=False)


class NoPortsLeft:
    """While it lasts, the client has four local ports, and all of them are connected to the peer."""

    HOLD = """if True:
        import socket, sys
        kept = []
        try:
            while True:
                kept.append(socket.create_connection((sys.argv[1], int(sys.argv[2]))))
        except OSError:
            sys.stdin.read()
    """

    def __init__(self, held=True):
        self.held = held

    def __enter__(self):
        sh(f"ip netns exec {CLIENT} sysctl -qw net.ipv4.ip_local_port_range='40000 40003'")
        self.holder = subprocess.Popen(["ip", "netns", "exec", CLIENT, "python3", "-c", self.HOLD, HOST, str(MUTE)],
                                       stdin=subprocess.PIPE) if self.held else None
        time.sleep(1)

    def __exit__(self, *_):
        if self.holder:
            self.holder.communicate()
        sh(f"ip netns exec {CLIENT} sysctl -qw net.ipv4.ip_local_port_range='32768 60999'")


def start():
    """Starts the peer, and returns its process once it listens."""
    server = subprocess.Popen(["ip", "netns", "exec", SERVER, sys.executable, os.path.abspath(__file__)],
                              stdout=subprocess.PIPE)
    server.stdout.readline()
    return server


def serve():
    """One behaviour for each port, and name servers that answer with an error. Runs until it is ended."""
    def behave(port, act):
        listener = socket.create_server(("0.0.0.0", port), backlog=1000)
        kept = []

        def loop():
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=act, args=(connection, kept), daemon=True).start()
        threading.Thread(target=loop, daemon=True).start()

    def reset(connection, _):
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def hang_up(connection, _):
        connection.recv(4096)
        connection.close()

    def cut(connection, _):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100)
        time.sleep(0.2)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def names(address, code):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((address, 53))

        def loop():
            while True:
                query, sender = server.recvfrom(512)
                server.sendto(query[:2] + bytes((0x81, 0x80 | code)) + query[4:6] + bytes(6) + query[12:], sender)
        threading.Thread(target=loop, daemon=True).start()

    behave(MUTE, lambda connection, kept: kept.append(connection))
    behave(RESETS, reset)
    behave(HANGS_UP, hang_up)
    behave(CUTS, cut)
    names(NXDOMAIN, 3)
    names(SERVFAIL, 2)
    print("ready", flush=True)
    signal.pause()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    serve()
