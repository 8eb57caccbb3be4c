"""Keeps the imports of predict.py warm: reads requests from stdin until it ends, forks for each, answers on stdout."""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import selectors
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from ratchet_job.processes import PR_SET_PDEATHSIG, prctl

# A fork after Objective-C or Accelerate was touched is not safe on macOS.
FORKS = sys.platform.startswith("linux")
# What most models need; each costs a tenth of a second or more, paid once. What is not installed is not needed.
LIKELY = (
    "yaml cloudpickle pandas pyarrow.parquet sklearn.ensemble sklearn.linear_model sklearn.pipeline sklearn.compose "
    "sklearn.calibration skops.io"
).split()


class Server:
    """Whatever models print goes to stderr, so that stdout stays JSON lines."""

    def __init__(self, predict: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._predict = predict
        self._answers = os.dup(1)
        os.dup2(2, 1)
        # Locked around each answer: lines longer than a pipe's atomic write must not mix.
        self._turn = tempfile.TemporaryFile()
        self._running: dict[int, dict[str, Any]] = {}
        self._unread = b""

    def run(self) -> None:
        """Serve until stdin ends; what runs then is ended."""
        for name in LIKELY:
            try:
                importlib.import_module(name)
            except ImportError:
                pass
        self._answer({"ready": True})
        wake, waker = os.pipe()
        for descriptor in (wake, waker):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        selector = selectors.DefaultSelector()
        selector.register(wake, selectors.EVENT_READ)
        selector.register(0, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                data = os.read(key.fd, 1 << 16)
                if key.fd == 0 and not data:
                    return self._end_all()
                if key.fd == 0:
                    self._read(data)
            self._collect()

    def _read(self, data: bytes) -> None:
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in filter(None, lines):
            request = json.loads(line)
            if "cancel" in request:
                self._cancel(request["cancel"])
            elif FORKS:
                self._fork(request)
            else:
                self._answer(self._predict(request))

    def _fork(self, request: dict[str, Any]) -> None:
        pid = os.fork()
        if pid:
            self._running[pid] = request
            return
        code = 1
        try:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._answer(self._predict(request))
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _cancel(self, wanted: Any) -> None:
        for pid, request in list(self._running.items()):
            if request.get("id") == wanted:
                del self._running[pid]
                os.kill(pid, signal.SIGKILL)

    def _collect(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            request = self._running.pop(pid, None)
            if request is not None and status != 0:
                how = f"code {os.WEXITSTATUS(status)}"
                if os.WIFSIGNALED(status):
                    how = signal.Signals(os.WTERMSIG(status)).name
                text = f"{request.get('name')} ended its process with {how}: out of memory, or a crash in its library."
                self._answer({"id": request.get("id"), "error": {"type": "StepHostDied", "message": text}})

    def _end_all(self) -> None:
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)

    def _answer(self, answer: dict[str, Any]) -> None:
        line = json.dumps(answer, allow_nan=False).encode() + b"\n"
        fcntl.lockf(self._turn, fcntl.LOCK_EX)
        try:
            while line:
                line = line[os.write(self._answers, line) :]
        finally:
            fcntl.lockf(self._turn, fcntl.LOCK_UN)
