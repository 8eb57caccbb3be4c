"""Dagster's side of the orchestration bench: a shape a line on stdin, its wall time as JSON on stdout.

Runs are kept in the persistent instance of DAGSTER_HOME (SQLite). `in-process` executes the steps of a run one after
another in this process; `multiprocess` starts a process a step, sixteen at once.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time

import dagster
from dagster import (
    DagsterInstance,
    DynamicOut,
    DynamicOutput,
    execute_job,
    job,
    multiprocess_executor,
    op,
    reconstructable,
)

CONCURRENCY = 16
sixteen = multiprocess_executor.configured({"max_concurrent": CONCURRENCY})


@op
def zero() -> int:
    """The first value of the chain."""
    return 1


@op
def noop(value: int) -> int:
    """Does nothing but hand its value on."""
    return value + 1


@op(out=DynamicOut(int), config_schema={"width": int})
def items(context):
    """The list that a map goes over."""
    for index in range(context.op_config["width"]):
        yield DynamicOutput(index, mapping_key=str(index))


@op
def total(values: list) -> int:
    """How many results came back."""
    return len(values)


@job
def seven():
    """Seven steps in sequence."""
    value = zero()
    for _ in range(6):
        value = noop(value)


@job
def wide():
    """One map."""
    total(items().map(noop).collect())


@job(executor_def=sixteen)
def seven_processes():
    """Seven steps in sequence, a process each."""
    value = zero()
    for _ in range(6):
        value = noop(value)


@job(executor_def=sixteen)
def wide_processes():
    """One map, a process an item."""
    total(items().map(noop).collect())


# Its events are kept in the instance all the same; printing them, too, would only slow it down.
QUIET: dict = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


def over(width: int) -> dict:
    """The config of a map of this width."""
    return {"ops": {"items": {"config": {"width": width}}}, **QUIET}


processes = None


def warm_processes():
    """As many processes as there are cores, started and imported before they are measured."""
    global processes
    if processes is None:
        processes = multiprocessing.get_context("spawn").Pool(os.cpu_count())
    return processes


def one_run(_: int) -> bool:
    """A run of seven steps, in whichever process it falls to."""
    with DagsterInstance.get() as instance:
        return seven.execute_in_process(instance=instance, run_config=QUIET).success


def in_process(shape: str, instance: DagsterInstance) -> None:
    """Does the shape once with the in-process executor."""
    if shape == "seven":
        check(seven.execute_in_process(instance=instance, run_config=QUIET).success)
    elif shape == "fifty":
        check(all(warm_processes().map(one_run, range(50), chunksize=1)))
    else:
        width = int(shape.split("-")[1])
        result = wide.execute_in_process(instance=instance, run_config=over(width))
        check(result.success and result.output_for_node("total") == width)


def in_processes(shape: str, instance: DagsterInstance) -> None:
    """Does the shape once with the multiprocess executor."""
    if shape == "seven":
        with execute_job(reconstructable(seven_processes), instance=instance, run_config=QUIET) as result:
            check(result.success)
    else:
        width = int(shape.split("-")[1])
        with execute_job(reconstructable(wide_processes), instance=instance, run_config=over(width)) as result:
            check(result.success)


def check(right: bool) -> None:
    """Fails a measurement that did not do its work."""
    if not right:
        raise RuntimeError("the run ended with something else than its right answer")


def main() -> None:
    """Answers every line until stdin ends."""
    perform = in_processes if sys.argv[1:] == ["multiprocess"] else in_process
    # What Dagster prints must not be taken for an answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    with DagsterInstance.get() as instance:
        print(json.dumps({"ready": dagster.__version__}), file=answers, flush=True)
        for line in sys.stdin:
            try:
                if line.strip() == "fifty":
                    warm_processes().map(one_run, range(os.cpu_count() or 1), chunksize=1)
                began = time.perf_counter()
                perform(line.strip(), instance)
                answer: dict = {"ms": (time.perf_counter() - began) * 1000}
            except Exception as error:  # noqa: BLE001 - told to whoever asked, the next shape may still work
                answer = {"error": f"{type(error).__name__}: {error}"[:500]}
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
