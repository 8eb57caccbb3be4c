"""A training outlives an outage of its server: a request that finds nobody is sent again until the patience is used up.

MLflow's own client gives up after a few minutes, and a training of hours with it. What it repeats is repeated here, for longer:
requests without an answer, and answers of a proxy that found no server.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from types import ModuleType
from typing import Any

from ratchet_pin import TRACKING_URI, fence

_DAY = 86_400.0
# A gateway's words for a server that is not there. A plain 500 is an answer: repeated, it would be the same.
_AWAY = frozenset({502, 503, 504})
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 10.0
# MLflow passes files on to their store, and answers 500 while that is away.
_ARTIFACTS = "/mlflow-artifacts/"


def patience() -> float:
    """Seconds that an outage may last, from the first request that found nobody."""
    try:
        return float(os.environ.get("RATCHET_PATIENCE_SECONDS", _DAY))
    except ValueError:
        return _DAY


def wait_out_outages(module: ModuleType) -> None:
    """For mlflow.utils.rest_utils: what every request to a server passes through once its host and method are known."""
    import requests

    original = module._get_http_response_with_retries
    no_answer = (
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
        requests.exceptions.RetryError,
        requests.exceptions.ChunkedEncodingError,
    )

    @functools.wraps(original)
    def get_response(method: Any, url: Any, *rest: Any, **named: Any) -> Any:
        if not str(url).startswith(TRACKING_URI.rstrip("/")):
            return original(method, url, *rest, **named)
        body = named.get("data")
        start = body.tell() if hasattr(body, "seek") and hasattr(body, "tell") else None
        since, wait = None, _FIRST_WAIT
        while True:
            try:
                response, error = original(method, url, *rest, **named), None
                if not _is_away(response.status_code, str(url)):
                    if since is not None:
                        _say(f"MLflow answers again after {time.monotonic() - since:.0f} s")
                    return response
            except no_answer as failed:
                response, error = None, failed
            if since is None:
                since = time.monotonic()
                _say(f"MLflow does not answer ({error or response.status_code}): this waits for it, {patience():.0f} s at most")
            if time.monotonic() - since >= patience():
                if error is not None:
                    raise error
                return response
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
            if method != "GET":
                fence.end_if_superseded()
            if start is not None:
                body.seek(start)

    module._get_http_response_with_retries = get_response


def _is_away(status: int, url: str) -> bool:
    return status in _AWAY or (status >= 500 and _ARTIFACTS in url)


def _say(text: str) -> None:
    print(f"ratchet: {text[:500]}", file=sys.stderr, flush=True)
