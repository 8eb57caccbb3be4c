"""Serves one model on stdin and stdout, as a process that answers requests would: started anew, the model loaded once.

    python predict.py --one FOLDER NAME TASK

A message is its length as four bytes, big-endian, and as many bytes. The first one of the process is JSON: { "ready": true,
"columns": […], "waited": 0.1 } with the columns that the model reads (null: it does not say), or { "error": { "type", "message" } }. A request
is a table in Arrow's stream format; its answer is JSON: { "said": […], "waited": 0.1 }. `waited` is how many milliseconds of
the request (or of the start) this process was ready while something else had the cores, null where the system does not count that. An empty
request asks for the greatest memory so far: { "memory": bytes }.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any, BinaryIO

from ratchet_predict.problem import says


def read_message(stream: BinaryIO) -> bytes | None:
    """The next message; None at the end."""
    head = _exactly(stream, 4)
    return None if head is None else _exactly(stream, int.from_bytes(head, "big"))


def write_message(stream: BinaryIO, message: bytes) -> None:
    """One message, at once on its way."""
    stream.write(len(message).to_bytes(4, "big") + message)
    stream.flush()


def _exactly(stream: BinaryIO, count: int) -> bytes | None:
    data = stream.read(count)
    return data if len(data) == count else None


class Waiting:
    """How long this process's main thread was ready without a core: Linux counts it (sched-stats.rst, field 2)."""

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/self/schedstat", os.O_RDONLY)
        except OSError:
            self._file = -1

    def milliseconds(self) -> float | None:
        """Since the process began; None where it is not counted."""
        if self._file < 0:
            return None
        return int(os.pread(self._file, 100, 0).split()[1]) / 1e6


def greatest_memory() -> int:
    """The most that was resident, in bytes."""
    # Not ru_maxrss on Linux: after an exec it still counts what the parent held.
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(folder: str, name: str, task: str) -> int:
    """Answer requests until there are no more; see the module's text."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Whatever the model prints must not come between two messages.
    os.dup2(2, 1)

    def answer(words: dict[str, Any]) -> None:
        write_message(sink, json.dumps(words).encode())

    try:
        import pyarrow

        from ratchet_predict.model import load
        from ratchet_predict.rows import said_of

        model = load(folder, name)
        waiting = Waiting()
        answer({"ready": True, "columns": model.columns, "waited": waiting.milliseconds()})
        before = waiting.milliseconds()
        while (request := read_message(source)) is not None:
            if not request:
                answer({"memory": greatest_memory()})
                continue
            with pyarrow.ipc.open_stream(request) as stream:
                rows = stream.read_pandas()
            said = said_of(model.native, task, rows).tolist()
            now = waiting.milliseconds()
            answer({"said": said, "waited": None if now is None or before is None else now - before})
            before = waiting.milliseconds()
    except Exception as error:
        traceback.print_exception(error, file=sys.stderr)
        answer({"error": says(error, name)})
        return 1
    return 0
