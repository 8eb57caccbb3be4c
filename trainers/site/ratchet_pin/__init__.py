"""What a job's scripts must not choose for themselves: tracking server, experiment, run and registry.

Loaded by sitecustomize.py, and only when MLflow is imported. What was redirected is said once on stderr.
"""

import os
import sys

TRACKING_URI = os.environ.get("RATCHET_TRACKING_URI", "")
EXPERIMENT_ID = os.environ.get("RATCHET_EXPERIMENT_ID", "")
# The run that Ratchet made for this job; None for a script step, which has none.
RUN_ID = os.environ.get("RATCHET_RUN_ID") or None
RESUMED = os.environ.get("RATCHET_RESUMED") == "1"

# Handed on to child processes, so that a pool of workers does not repeat it.
_SAID = "RATCHET_SAID"


def say_once(topic: str, text: str) -> None:
    """Print `text` on stderr, the first time `topic` comes up in this job."""
    said = os.environ.get(_SAID, "").split(",")
    if topic not in said:
        os.environ[_SAID] = ",".join([*filter(None, said), topic])
        print(f"ratchet: {text}", file=sys.stderr, flush=True)
