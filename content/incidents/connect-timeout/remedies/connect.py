"""A connect() that waits two seconds at most."""

import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
try:
    # For each address of a name. The limit stays: it holds for recv() and sendall() too.
    with socket.create_connection((host, port), timeout=2):
        print("connected")
except OSError as error:  # TimeoutError, which is socket.timeout before 3.10
    print(type(error).__name__, error)
