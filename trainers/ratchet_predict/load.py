"""Measures how quickly models answer: each in a process of its own, requests in turns.

The candidate's request and the champion's are of the same rows and follow each other at once, the one or the other first by
turns, so that whatever else the machine does in these minutes meets both alike.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from ratchet_job.processes import PR_SET_PDEATHSIG, prctl
from ratchet_predict.model import Loaded
from ratchet_predict.problem import Problem
from ratchet_predict.rows import read_features
from ratchet_predict.serving import Waiting, read_message, write_message

# Rounds before the ones that count: a library's first calls compile, allocate and read.
WARM_UP = 20
SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "predict.py")
# Different requests; beyond, they come again.
BATCHES = 500


@dataclass
class Served:
    """One model's process and what was measured of it."""

    name: str
    process: subprocess.Popen[bytes]
    columns: list[str] | None = None
    batches: list[bytes] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    waits: list[float | None] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)

    def send(self, message: bytes) -> None:
        """A process that ended is told of by the answer that does not come."""
        try:
            write_message(self.process.stdin, message)  # type: ignore[arg-type]
        except BrokenPipeError:
            pass

    def receive(self) -> dict[str, Any]:
        """The next answer."""
        message = read_message(self.process.stdout)  # type: ignore[arg-type]
        if message is None:
            raise Problem(f"{self.name} ended its process with code {self.process.wait()} while it was measured.")
        answer = json.loads(message)
        if "error" in answer:
            raise Problem(answer["error"]["message"])
        return answer


def measure_load(request: dict[str, Any]) -> dict[str, Any]:
    """Answer a request { models: [{ model, name }], rows, without, task, size, requests, seconds, starts, seed }.

    `size` is the rows of a request, `seconds` the most that requests may take in all, `starts` how often each process is started.
    """
    models, task = request["models"], request["task"]
    served: list[Served] = []
    try:
        for _ in range(max(1, request["starts"])):
            starts = [one.starts for one in served] or [[] for _ in models]
            _end(served)
            served = [_start(model, task, before) for model, before in zip(models, starts, strict=True)]
        rounds = _rounds(served, request)
        sides = [_side(one) for one in served]
    finally:
        _end(served)
    return {"rounds": rounds, "sides": sides}


def _start(model: dict[str, str], task: str, before: list[float]) -> Served:
    command = [sys.executable, SCRIPT, "--one", model["model"], model["name"], task]
    from_then = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Whoever ends this process ends what it measures.
        preexec_fn=lambda: prctl(PR_SET_PDEATHSIG, 9),
    )
    served = Served(model["name"], process, starts=before)
    ready = served.receive()
    took = (time.perf_counter() - from_then) * 1_000
    served.columns = ready["columns"]
    served.starts.append(max(0.0, took - (ready["waited"] or 0)))
    return served


def _rounds(served: list[Served], request: dict[str, Any]) -> int:
    for one in served:
        one.batches = _batches(one.columns, one.name, request)
    waiting = Waiting()
    seconds = request["seconds"]
    _in_turns(served, waiting, WARM_UP, seconds / 10)
    for one in served:
        one.latencies.clear()
        one.waits.clear()
    return _in_turns(served, waiting, request["requests"], seconds)


def _in_turns(served: list[Served], waiting: Waiting, rounds: int, seconds: float) -> int:
    """Ask each model once a round, while there is time; returns how many rounds there were, one at least."""
    until = time.monotonic() + seconds
    done = 0
    while done < rounds and (done == 0 or time.monotonic() < until):
        for one in served if done % 2 == 0 else reversed(served):
            _ask(one, done, waiting)
        done += 1
    return done


def _ask(one: Served, at: int, waiting: Waiting) -> None:
    batch = one.batches[at % len(one.batches)]
    before, from_then = waiting.milliseconds(), time.perf_counter()
    one.send(batch)
    answer = one.receive()
    one.latencies.append((time.perf_counter() - from_then) * 1_000)
    now, theirs = waiting.milliseconds(), answer["waited"]
    one.waits.append(None if before is None or now is None or theirs is None else now - before + theirs)


def _batches(columns: list[str] | None, name: str, request: dict[str, Any]) -> list[bytes]:
    """Requests in Arrow's stream format, of rows drawn with the seed: the same for every model."""
    import numpy
    import pyarrow

    features = read_features({**request, "name": name}, Loaded(None, columns, None))
    if len(features) == 0:
        raise Problem(f"There are no rows to ask {name} about.")
    size = request["size"]
    drawn = numpy.random.default_rng(request["seed"]).integers(0, len(features), (BATCHES, size))
    batches = []
    for rows in drawn:
        table = pyarrow.Table.from_pandas(features.iloc[rows], preserve_index=False)
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        batches.append(sink.getvalue().to_pybytes())
    return batches


def _side(one: Served) -> dict[str, Any]:
    one.send(b"")
    waits = None if None in one.waits else one.waits
    memory = one.receive()["memory"]
    return {"latencies": one.latencies, "waits": waits, "starts": one.starts, "memory": memory}


def _end(served: list[Served]) -> None:
    for one in served:
        one.process.kill()
    for one in served:
        one.process.communicate()
