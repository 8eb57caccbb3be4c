"""Pins the tracking server, the registry's address and the experiment: setting another one is said and has no effect."""

from __future__ import annotations

import functools
import os
from types import ModuleType
from typing import Any

from ratchet_pin import EXPERIMENT_ID, RESUMED, TRACKING_URI, say_once

# Names of experiments that the script chose; looked up, they lead to the pinned one.
redirected_experiments: set[str] = set()


def pin_tracking_uri(module: ModuleType) -> None:
    """For mlflow.tracking._tracking_service.utils."""
    module._tracking_uri = TRACKING_URI
    os.environ["MLFLOW_TRACKING_URI"] = TRACKING_URI

    @functools.wraps(module.set_tracking_uri)
    def set_tracking_uri(uri: Any) -> None:
        note_other_server(f"mlflow.set_tracking_uri({str(uri)!r})", uri)

    module.set_tracking_uri = set_tracking_uri


def note_other_server(call: str, uri: Any) -> None:
    """Say that `call` named another server than the pinned one, if it did."""
    if uri is not None and str(uri).rstrip("/") != TRACKING_URI.rstrip("/"):
        say_once("tracking", f"{call} has no effect here: this run is tracked at {TRACKING_URI}")


def pin_registry_uri(module: ModuleType) -> None:
    """For mlflow.tracking._model_registry.utils."""

    @functools.wraps(module.set_registry_uri)
    def set_registry_uri(uri: Any) -> None:
        say_once(
            "registry", f"mlflow.set_registry_uri({str(uri)!r}) has no effect here: Ratchet registers the model itself"
        )

    module.set_registry_uri = set_registry_uri


def pin_experiment(module: ModuleType) -> None:
    """For mlflow.tracking.fluent."""
    os.environ.pop("MLFLOW_EXPERIMENT_NAME", None)
    if EXPERIMENT_ID:
        os.environ["MLFLOW_EXPERIMENT_ID"] = EXPERIMENT_ID
        module._active_experiment_id = EXPERIMENT_ID
        original = module.set_experiment

        @functools.wraps(original)
        def set_experiment(experiment_name: Any = None, experiment_id: Any = None, *_: Any, **__: Any) -> Any:
            note_other_experiment("mlflow.set_experiment", experiment_name, experiment_id)
            return original(experiment_id=EXPERIMENT_ID)

        module.set_experiment = set_experiment
    if RESUMED:
        from ratchet_pin import resume

        for name in ("log_metric", "log_metrics"):
            setattr(module, name, resume.mark_missing_step(getattr(module, name)))


def note_other_experiment(call: str, name: Any, experiment_id: Any = None) -> None:
    """Remember and say that the script chose an experiment of its own."""
    if name is not None:
        redirected_experiments.add(str(name))
    if str(experiment_id) != EXPERIMENT_ID:
        chosen = name if name is not None else experiment_id
        say_once("experiment", f"{call}({chosen!r}) has no effect here: this run belongs to experiment {EXPERIMENT_ID}")
