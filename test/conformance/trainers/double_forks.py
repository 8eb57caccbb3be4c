"""Leaves a monitoring daemon behind: two forks and a session of its own."""

import os
import sys
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open(os.path.join(os.environ["RATCHET_CHECKPOINTS"], "daemon.pid"), "w") as file:
            file.write(str(os.getpid()))
        time.sleep(3600)
    os._exit(0)
os.wait()
while not os.path.exists(os.path.join(os.environ["RATCHET_CHECKPOINTS"], "daemon.pid")):
    time.sleep(0.01)
sys.exit(0)
