"""A log that drops lines rather than wait for a reader."""

import logging
import logging.handlers
import os
import queue
import sys


class Dropping(logging.handlers.QueueHandler):
    dropped = 0  # export this number, and alert on it

    def enqueue(self, record):
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            Dropping.dropped += 1


lines = queue.Queue(1000)
logging.getLogger().addHandler(Dropping(lines))
# The listener's thread is the one that may sleep.
logging.handlers.QueueListener(lines, logging.StreamHandler(sys.stderr)).start()

for request in range(10_000):
    logging.warning("request %d is answered, whoever reads this: ok", request)
print("dropped", Dropping.dropped, flush=True)
os._exit(0)  # logging.shutdown() would wait for the thread that sleeps
