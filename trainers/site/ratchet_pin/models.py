"""Gives a model that is logged outside of any run to the job's run; MLflow itself would log one that belongs to none."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from ratchet_pin import RUN_ID


def pin_model_logging(module: ModuleType) -> None:
    """For mlflow.models.model: every flavour's log_model ends in Model.log."""
    if not RUN_ID:
        return
    original = module.Model.log.__func__

    @functools.wraps(original)
    def log(cls: Any, *positional: Any, **named: Any) -> Any:
        if named.get("run_id") is None:
            from mlflow.tracking import fluent

            # As mlflow.log_metric does: a script that logs without start_run means the run it was started for.
            fluent._get_or_start_run()
        return original(cls, *positional, **named)

    module.Model.log = classmethod(log)
