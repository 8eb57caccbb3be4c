"""All requests of MLflow's client to its server: who may send them, and for how long they are repeated."""

from __future__ import annotations

from types import ModuleType

from ratchet_pin import TRACKING_URI, fence, patience


def pin_requests(module: ModuleType) -> None:
    """For mlflow.utils.rest_utils."""
    fence.fence_writes(module)
    if TRACKING_URI:
        patience.wait_out_outages(module)
