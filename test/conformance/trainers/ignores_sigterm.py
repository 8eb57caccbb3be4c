"""A framework's signal handler swallows SIGTERM."""

import signal
import time

signal.signal(signal.SIGTERM, lambda *_: print("not now", flush=True))
print("training", flush=True)
while True:
    time.sleep(0.1)
