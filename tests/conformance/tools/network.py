"""Two network namespaces joined by veth, and sockets at both ends."""
import contextlib
import ctypes
import os
import socket
import subprocess

CLONE_NEWNET = 0x40000000
CLIENT, SERVER, NOBODY = "10.0.0.1", "10.0.0.2", "10.0.0.9"
# Further addresses: the server's way back to UNHEARD is lost; the client's way to LOSSY, from the moment of lose().
UNHEARD, LOSSY = "10.0.0.3", "10.0.0.5"
NO_ONE = "02:00:00:00:00:99"
# The kernel's defaults, whatever this machine's are.
SYSCTLS = {"tcp_rmem": "4096 131072 6291456", "tcp_wmem": "4096 16384 4194304"}
libc = ctypes.CDLL(None, use_errno=True)


def run(*argv, **options):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


class Network:
    """Two network namespaces. A socket belongs to that in which it was made."""

    def __init__(self):
        self.handles = {"outer": os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)}
        for name in ("client", "server"):
            if libc.unshare(CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "unshare")
            self.handles[name] = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            run("ip", "link", "set", "lo", "up")
            for sysctl, value in SYSCTLS.items():
                with open(f"/proc/sys/net/ipv4/{sysctl}", "w") as file:
                    file.write(value)
        run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        # eth1 goes to the client: a namespace is named by a process in it.
        with subprocess.Popen(["sleep", "60"], preexec_fn=lambda: self.enter("client")) as inside:
            run("ip", "link", "set", "eth1", "netns", str(inside.pid))
            inside.kill()
        for name, device, addresses in (("server", "eth0", (SERVER, LOSSY)), ("client", "eth1", (CLIENT, UNHEARD))):
            with self.within(name):
                for address in addresses:
                    run("ip", "address", "add", f"{address}/24", "dev", device)
                run("ip", "link", "set", device, "up")
        with self.within("client"):
            run("ip", "neigh", "replace", NOBODY, "lladdr", NO_ONE, "dev", "eth1", "nud", "permanent")
        with self.within("server"):
            run("ip", "neigh", "replace", UNHEARD, "lladdr", NO_ONE, "dev", "eth0", "nud", "permanent")

    def enter(self, name):
        if libc.setns(self.handles[name], CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    @contextlib.contextmanager
    def within(self, name):
        self.enter(name)
        try:
            yield
        finally:
            self.enter("outer")

    def lose(self):
        """From now on, what the client sends to LOSSY is lost; the other way is open."""
        with self.within("client"):
            run("ip", "neigh", "replace", LOSSY, "lladdr", NO_ONE, "dev", "eth1", "nud", "permanent")


class Ends:
    """Sockets at both ends, which live as long as this does."""

    def __init__(self, network):
        self.network = network
        self.kept = []

    def socket(self, where, kind=socket.SOCK_STREAM):
        with self.network.within(where):
            made = socket.socket(socket.AF_INET, kind)
        if kind == socket.SOCK_STREAM:
            # The sysctl of a namespace takes only what the machine allows to all.
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
        made.settimeout(5)
        self.kept.append(made)
        return made

    def listen(self, address, port, backlog):
        listener = self.socket("server")
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(backlog)
        return listener

    def connect(self, address, port, source=(CLIENT, 0), wait=True):
        """source: the client's address and port."""
        client = self.socket("client")
        client.bind(source)
        if not wait:
            client.setblocking(False)
        client.connect_ex((address, port))
        return client

    def pair(self, listener, address, source=(CLIENT, 0)):
        client = self.connect(address, listener.getsockname()[1], source)
        server, _ = listener.accept()
        server.settimeout(5)
        self.kept.append(server)
        return client, server
