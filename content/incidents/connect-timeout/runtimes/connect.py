import socket
import sys
import urllib.request

kind, host, port = sys.argv[1:]
try:
    if kind == "socket":
        socket.create_connection((host, int(port)))
    else:
        urllib.request.urlopen(f"http://{host}:{port}/")
except OSError as error:
    print(type(error).__name__, error)
