"""Prefect's side of the orchestration bench: a shape a line on stdin, its wall time as JSON on stdout.

Flows report to the server of PREFECT_API_URL; tasks run on the ThreadPoolTaskRunner with sixteen threads.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import prefect
from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner

CONCURRENCY = 16


@task
def noop(value: int) -> int:
    """Does nothing but hand its value on."""
    return value + 1


@flow(task_runner=ThreadPoolTaskRunner(max_workers=CONCURRENCY))
def seven() -> int:
    """Seven tasks in sequence."""
    value = 0
    for _ in range(7):
        value = noop.submit(value).result()
    return value


@flow(task_runner=ThreadPoolTaskRunner(max_workers=CONCURRENCY))
def wide(width: int) -> int:
    """One map."""
    futures = [noop.submit(index) for index in range(width)]
    return len([future.result() for future in futures])


def perform(shape: str) -> None:
    """Does the shape once."""
    if shape == "seven":
        check(seven(), 7)
    elif shape == "fifty":
        with ThreadPoolExecutor(max_workers=50) as pool:
            for run in [pool.submit(seven) for _ in range(50)]:
                check(run.result(), 7)
    else:
        width = int(shape.split("-")[1])
        check(wide(width), width)


def check(found: int, right: int) -> None:
    """Fails a measurement that did not do its work."""
    if found != right:
        raise RuntimeError(f"the flow answered {found} instead of {right}")


def main() -> None:
    """Answers every line until stdin ends."""
    # What Prefect prints must not be taken for an answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({"ready": prefect.__version__}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            began = time.perf_counter()
            perform(line.strip())
            answer: dict = {"ms": (time.perf_counter() - began) * 1000}
        except Exception as error:  # noqa: BLE001 - told to whoever asked, the next shape may still work
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
