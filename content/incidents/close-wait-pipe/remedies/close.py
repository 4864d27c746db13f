"""A server that closes each connection, whatever way its handler is left."""

import socket
import sys
import threading


def handle(connection):
    try:
        with connection, connection.makefile("rwb", buffering=0) as stream:
            connection.settimeout(60)  # for a client that vanished without a FIN
            for request in stream:  # ends at EOF: the client has closed, and so do we
                if request == b"bad\n":
                    raise ValueError(f"not a request: {request!r}")
                stream.write(b"ok\n")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)


with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=(connection,)).start()
