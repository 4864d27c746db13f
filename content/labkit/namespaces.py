"""Namespaces: what a case changes, it changes in namespaces of its own, which vanish with the last process in them."""
import fcntl
import json
import os
import socket
import struct

from labkit.processes import call, die_with_parent, libc, spawn
from labkit.workers import Skip

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000  # <linux/sched.h>
SIOCSIFFLAGS, IFF_UP = 0x8914, 1  # <linux/sockios.h>, <linux/if.h>


def enter_namespaces(also=0, as_root=False):
    """Moves this process into a network namespace of its own, with lo up; `also` names more, as CLONE_NEW… flags.

    An ordinary user goes by way of a user namespace, where the process has every privilege over what is its own, and
    none outside. With as_root its uid in there is 0, and programs that it runs (`ip`) have the privileges too; else it
    keeps its uid. The process must have one thread. Raises Skip where the machine does not allow it.
    """
    user, group, flags = os.getuid(), os.getgid(), CLONE_NEWNET | also
    try:
        try:
            by_user_namespace = os.geteuid() != 0
            call(libc.unshare, flags | (CLONE_NEWUSER if by_user_namespace else 0))
        except OSError:
            if by_user_namespace or also:
                raise
            by_user_namespace = True  # root of a container
            call(libc.unshare, flags | CLONE_NEWUSER)
        if by_user_namespace:
            inside_user, inside_group = (0, 0) if as_root else (user, group)
            for name, text in (("setgroups", "deny"), ("uid_map", f"{inside_user} {user} 1"),
                               ("gid_map", f"{inside_group} {group} 1")):
                with open(f"/proc/self/{name}", "w") as file:
                    file.write(text)
        die_with_parent()
        set_loopback_up()
    except OSError as error:
        raise Skip(f"this machine does not let you make network namespaces ({error.strerror}); "
                   "try as root, or in a virtual machine")


def set_loopback_up():
    """Sets lo of this network namespace up, which brings 127.0.0.1. Raises OSError."""
    with socket.socket() as request:
        fcntl.ioctl(request, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def check_namespaces():
    """Raises Skip if enter_namespaces() would. This process stays where it is."""
    in_child(enter_namespaces)


def in_child(function, *arguments):
    """Calls the function in a child process and returns what it returns, which must fit into JSON.

    Raises what it raises, if that is Skip; for anything else a RuntimeError that says what it was. There is no limit of
    time but the caller's own: the child dies with it.
    """
    mine, theirs = socket.socketpair()

    def report():
        mine.close()
        try:
            result = {"returned": function(*arguments)}
        except Skip as reason:
            result = {"skipped": str(reason)}
        except BaseException as error:
            result = {"failed": f"{type(error).__name__}: {error}"}
        theirs.sendall(json.dumps(result).encode())

    pid = spawn(report)
    theirs.close()
    with mine:
        text = b"".join(iter(lambda: mine.recv(65536), b""))
    os.waitpid(pid, 0)
    result = json.loads(text or b'{"failed": "killed"}')
    if "skipped" in result:
        raise Skip(result["skipped"])
    if "failed" in result:
        raise RuntimeError(result["failed"])
    return result["returned"]
