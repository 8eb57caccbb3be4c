"""Dagster's side of the triggers bench: its daemon with a sensor that starts runs and many that count; one line of JSON.

Arguments: sensors, events that start a run, seconds of idleness, seconds that the burst may take.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

HERE = Path(__file__).parent
EACH = 3
# Seconds after which no further run is asked for: among a thousand sensors each event may wait for its sensor's turn.
STARTS_SECONDS = 180


def group_seconds(group: int) -> tuple[float, float]:
    """Processor seconds and resident MB of a process group, with what its members waited for."""
    ticks = pages = 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            stat = Path(f"/proc/{name}/stat").read_text()
            statm = Path(f"/proc/{name}/statm").read_text()
        except OSError:
            continue
        fields = stat[stat.rindex(")") + 2 :].split()
        if int(fields[2]) == group:
            ticks += sum(int(fields[at]) for at in (11, 12, 13, 14))
            pages += int(statm.split()[1])
    return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cursors(instance: DagsterInstance) -> dict[str, int]:
    """Events that each sensor has seen."""
    found = {}
    for state in instance.all_instigator_state():
        data = state.instigator_data
        cursor = getattr(data, "cursor", None)
        if cursor is not None:
            found[state.origin.instigator_name] = int(cursor)
    return found


def until(holds, limit: float) -> bool:
    """Polls; false when the limit came first."""
    end = time.time() + limit
    while time.time() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def started(instance: DagsterInstance, key: str):
    """When the run of this event started, by Dagster's own record; None before."""
    records = instance.get_run_records(RunsFilter(tags={"dagster/run_key": key}), limit=1)
    return records[0].start_time if records else None


def over(instance: DagsterInstance) -> bool:
    """No run is under way."""
    return not instance.get_run_records(
        RunsFilter(statuses=[DagsterRunStatus.QUEUED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]), limit=1
    )


def main() -> None:
    """Measures all of it with one daemon."""
    many, starts, idle_seconds, burst_seconds = (int(argument) for argument in sys.argv[1:])
    events = Path(os.environ["DAGSTER_HOME"]) / "events"
    events.mkdir(exist_ok=True)
    env = {**os.environ, "BENCH_EVENTS": str(events), "BENCH_MANY": str(many)}
    # Makes the tables: daemon and bench would both.
    DagsterInstance.get().dispose()
    daemon = subprocess.Popen(
        [Path(sys.executable).parent / "dagster-daemon", "run", "-f", HERE / "dagster_sensors.py"],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=sys.stderr,
        start_new_session=True,
    )
    # Ended by its limit, the bench still ends its daemon.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with DagsterInstance.get() as instance:
            if not until(lambda: daemon.poll() is not None or len(cursors(instance)) == many + 1, 180) or daemon.poll():
                raise RuntimeError(f"only {len(cursors(instance))} sensors were evaluated in 180 s")
            before, _ = group_seconds(daemon.pid)
            time.sleep(idle_seconds)
            after, resident = group_seconds(daemon.pid)
            waits = []
            last = time.time() + STARTS_SECONDS
            for number in range(starts):
                if waits and time.time() > last:
                    break
                told = time.time()
                with (events / "starting").open("a") as file:
                    file.write(f"event-{number}\n")
                key = f"event-{number}"
                if not until(lambda key=key: started(instance, key), 120):
                    raise RuntimeError(f"no run for {key} within 120 s")
                waits.append((started(instance, key) - told) * 1000)
                until(lambda: over(instance), 60)
            began = time.time()
            for number in range(many):
                with (events / f"counting_{number:04d}").open("a") as file:
                    file.writelines(f"{one}\n" for one in range(EACH))
            everyone = until(
                lambda: all(seen == EACH for name, seen in cursors(instance).items() if name != "starting"),
                burst_seconds,
            )
            seen = sum(seen for name, seen in cursors(instance).items() if name != "starting")
            print(
                json.dumps(
                    {
                        "version": dagster.__version__,
                        "idle_seconds_a_minute": (after - before) / idle_seconds * 60,
                        "resident_mb": resident,
                        "waits_ms": waits,
                        "burst_s": time.time() - began,
                        "burst_done": everyone,
                        "burst_seen": seen,
                        "burst_sent": many * EACH,
                    }
                ),
                flush=True,
            )
    finally:
        daemon.terminate()
        try:
            daemon.wait(15)
        except subprocess.TimeoutExpired:
            pass
        with contextlib.suppress(ProcessLookupError):
            os.killpg(daemon.pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
