"""Pins MlflowClient: its server, the experiment and parent of the runs it makes, and what it may do to the registry."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from ratchet_pin import EXPERIMENT_ID, RUN_ID, TRACKING_URI, registry, resume, tracking

PARENT = "mlflow.parentRunId"


def pin_client(module: ModuleType) -> None:
    """For mlflow.tracking.client: every run that a script starts is made through its create_run."""
    client = module.MlflowClient
    _pin_server(client)
    if EXPERIMENT_ID:
        _pin_runs(client)
    registry.pin_registry_calls(client)


def _pin_server(client: Any) -> None:
    original = client.__init__

    @functools.wraps(original)
    def __init__(self: Any, tracking_uri: Any = None, registry_uri: Any = None, *rest: Any, **named: Any) -> None:
        tracking.note_other_server(f"MlflowClient({str(tracking_uri)!r})", tracking_uri)
        original(self, TRACKING_URI, registry_uri if tracking_uri is None else None, *rest, **named)

    client.__init__ = __init__


def _pin_runs(client: Any) -> None:
    create_run, by_name = client.create_run, client.get_experiment_by_name

    @functools.wraps(create_run)
    def create_run_as_child(
        self: Any, experiment_id: Any = None, start_time: Any = None, tags: Any = None, run_name: Any = None
    ) -> Any:
        tags = dict(tags or {})
        if RUN_ID:
            tags.setdefault(PARENT, RUN_ID)
        run = create_run(self, EXPERIMENT_ID, start_time, tags, run_name)
        resume.own_runs.add(run.info.run_id)
        return run

    @functools.wraps(client.create_experiment)
    def create_experiment(self: Any, name: Any, *_: Any, **__: Any) -> str:
        tracking.note_other_experiment("mlflow.create_experiment", name)
        return EXPERIMENT_ID

    @functools.wraps(by_name)
    def get_experiment_by_name(self: Any, name: Any) -> Any:
        if str(name) in tracking.redirected_experiments:
            return self.get_experiment(EXPERIMENT_ID)
        return by_name(self, name)

    client.create_run = create_run_as_child
    client.create_experiment = create_experiment
    client.get_experiment_by_name = get_experiment_by_name
