"""The sensors that the daemon of the triggers bench evaluates: one that starts a run, and many that only count.

An event is a line of a file. A sensor's cursor is how many lines it has seen, as Dagster's own examples have it.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster

EVENTS = Path(os.environ["BENCH_EVENTS"])
MANY = int(os.environ["BENCH_MANY"])


@dagster.op
def fit() -> int:
    """Does nothing."""
    return 1


@dagster.job
def training():
    """What an event starts."""
    fit()


def lines_of(name: str) -> list[str]:
    """Events of one source, oldest first."""
    path = EVENTS / name
    return path.read_text().splitlines() if path.exists() else []


@dagster.sensor(job=training, minimum_interval_seconds=1, default_status=dagster.DefaultSensorStatus.RUNNING)
def starting(context):
    """Asks for a run for each event."""
    events = lines_of("starting")
    seen = int(context.cursor or 0)
    for event in events[seen:]:
        yield dagster.RunRequest(run_key=event)
    context.update_cursor(str(len(events)))


def counting(number: int):
    """A sensor that takes its events in and decides that they are not enough for a run."""

    @dagster.sensor(
        name=f"counting_{number:04d}", job=training, default_status=dagster.DefaultSensorStatus.RUNNING
    )
    def sensor(context):
        events = lines_of(f"counting_{number:04d}")
        context.update_cursor(str(len(events)))
        return dagster.SkipReason(f"{len(events)} of 1000")

    return sensor


defs = dagster.Definitions(jobs=[training], sensors=[starting, *(counting(number) for number in range(MANY))])
