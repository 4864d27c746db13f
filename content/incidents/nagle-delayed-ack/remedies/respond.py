"""Header and body leave together."""

import socket

HEADER, BODY = bytes(120), bytes(400)

with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        # Off unless somebody sets it; for what is sent in parts all the same.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as requests:
            for _ in requests:
                connection.sendall(HEADER + BODY)  # one send(), not one for each
