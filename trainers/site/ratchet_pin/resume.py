"""On a resume the run is the same one: what it holds already is not logged twice, and its parameters are fixed."""

from __future__ import annotations

import atexit
import contextvars
import functools
import sys
from types import ModuleType
from typing import Any

from ratchet_pin import RESUMED

# Runs that this process made itself: they hold nothing from before.
own_runs: set[str] = set()

# True while a fluent call without `step` is under way: such a metric has no place in a series, MLflow only writes 0.
_without_step: contextvars.ContextVar[bool] = contextvars.ContextVar("ratchet_without_step", default=False)
# MLflow cuts long parameter values; what it kept of one is still the same parameter.
CUT = 250


class Before:
    """What a run held before this process logged its first value; metric series are read one by one, when needed."""

    def __init__(self, store: Any, run_id: str) -> None:
        data = store.get_run(run_id).data
        self.params: dict[str, str] = dict(data.params)
        self.last: dict[str, float] = dict(data.metrics)
        self._store = store
        self._run_id = run_id
        self._steps: dict[str, set[int]] = {}

    def has(self, key: str, step: int) -> bool:
        """Whether the run held metric `key` at `step`."""
        if key not in self.last:
            return False
        if key not in self._steps:
            token, steps = None, set()
            while True:
                page = self._store.get_metric_history(self._run_id, key, page_token=token)
                steps.update(int(metric.step) for metric in page)
                token = getattr(page, "token", None)
                if not token:
                    break
            self._steps[key] = steps
        return step in self._steps[key]


_before: dict[str, Before] = {}
_dropped = 0


def drop_what_is_logged(module: ModuleType) -> None:
    """For mlflow.tracking._tracking_service.client: every way to log passes through this class."""
    if not RESUMED:
        return
    client = module.TrackingServiceClient
    log_metric, log_param, log_batch = client.log_metric, client.log_param, client.log_batch
    atexit.register(_report)

    @functools.wraps(log_metric)
    def log_new_metric(
        self: Any, run_id: str, key: str, value: Any, timestamp: Any = None, step: Any = None, *rest: Any, **named: Any
    ) -> Any:
        if _is_known_metric(self, run_id, key, value, step):
            return _nothing_to_wait_for(named.get("synchronous", rest[0] if rest else True))
        return log_metric(self, run_id, key, value, timestamp, step, *rest, **named)

    @functools.wraps(log_param)
    def log_new_param(self: Any, run_id: str, key: str, value: Any, synchronous: bool = True) -> Any:
        if _is_known_param(self, run_id, key, value):
            return value if synchronous else _nothing_to_wait_for(False)
        return log_param(self, run_id, key, value, synchronous)

    @functools.wraps(log_batch)
    def log_new_batch(
        self: Any, run_id: str, metrics: Any = (), params: Any = (), tags: Any = (), synchronous: bool = True
    ) -> Any:
        metrics = [
            metric for metric in metrics if not _is_known_metric(self, run_id, metric.key, metric.value, metric.step)
        ]
        params = [param for param in params if not _is_known_param(self, run_id, param.key, param.value)]
        if not metrics and not params and not tags:
            return _nothing_to_wait_for(synchronous)
        return log_batch(self, run_id, metrics, params, tags, synchronous)

    client.log_metric, client.log_param, client.log_batch = log_new_metric, log_new_param, log_new_batch


def mark_missing_step(function: Any) -> Any:
    """Wrap mlflow.log_metric(s): remember, for the calls below, that no step was given."""

    @functools.wraps(function)
    def call(first: Any, *given: Any, **named: Any) -> Any:
        # log_metric(key, value, step=None) and log_metrics(metrics, step=None): step is the last of the positional ones.
        position = 1 if function.__name__ == "log_metric" else 0
        step = named.get("step", given[position] if len(given) > position else None)
        token = _without_step.set(step is None)
        try:
            return function(first, *given, **named)
        finally:
            _without_step.reset(token)

    return call


def _of(client: Any, run_id: str) -> Before | None:
    if run_id in own_runs:
        return None
    if run_id not in _before:
        _before[run_id] = Before(client.store, run_id)
    return _before[run_id]


def _is_known_metric(client: Any, run_id: str, key: str, value: Any, step: Any) -> bool:
    global _dropped
    before = _of(client, run_id)
    if before is None:
        return False
    if step is None or _without_step.get():
        known = before.last.get(key) == _number(value)
    else:
        known = before.has(key, int(step))
    _dropped += known
    return known


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _is_known_param(client: Any, run_id: str, key: str, value: Any) -> bool:
    before = _of(client, run_id)
    if before is None or key not in before.params:
        return False
    old, new = before.params[key], str(value)
    if old == new or (len(old) >= CUT and new.startswith(old)):
        return True
    from mlflow.exceptions import MlflowException

    raise MlflowException(
        f"This run goes on from a checkpoint, so its parameters are fixed: {key!r} was {old!r} and is now {new!r}. "
        "Put the old value back, or start a run of its own for the new one."
    )


def _nothing_to_wait_for(synchronous: Any) -> Any:
    if synchronous is not False:
        return None
    from mlflow.utils.async_logging.run_operations import RunOperations

    return RunOperations(operation_futures=[])


def _report() -> None:
    if _dropped:
        print(f"ratchet: {_dropped} metric values that this run held already were not logged again", file=sys.stderr)
