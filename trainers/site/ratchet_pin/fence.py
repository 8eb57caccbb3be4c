"""Only the attempt that the job's folder names may change anything in MLflow.

Locks and signals end an attempt that another one has taken over from; where neither reaches it (another container, a machine
that stood still), it ends itself here, before its next write.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from types import ModuleType
from typing import Any

_OWN = os.environ.get("RATCHET_ATTEMPT")
_PROCESS = os.path.join(os.path.dirname(os.environ.get("RATCHET_JOB", "")), "process.json")
# As sysexits.h calls it: a temporary failure, another one goes on.
SUPERSEDED = 75


def fence_writes(module: ModuleType) -> None:
    """For mlflow.utils.rest_utils: every request to a server passes through its http_request."""
    original = module.http_request

    @functools.wraps(original)
    def http_request(host_creds: Any, endpoint: Any, method: Any, *rest: Any, **named: Any) -> Any:
        if method != "GET":
            end_if_superseded()
        return original(host_creds, endpoint, method, *rest, **named)

    module.http_request = http_request


def end_if_superseded() -> None:
    """To be asked before each write."""
    if is_superseded():
        print("ratchet: another attempt of this job has begun; this one ends", file=sys.stderr, flush=True)
        os._exit(SUPERSEDED)


def is_superseded() -> bool:
    """Whether process.json names another attempt. A folder that is not there says nothing: its shim makes it again."""
    if _OWN is None:
        return False
    try:
        with open(_PROCESS, encoding="utf-8") as file:
            token = json.load(file).get("token")
    except (OSError, ValueError, AttributeError):
        return False
    return token is not None and token != _OWN
