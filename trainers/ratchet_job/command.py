"""Starts the command of a job so that it cannot run before it is known, nor outlive its shim unseen."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from typing import Any

from ratchet_job import processes

# The exit code of a child that never became the command.
NOT_STARTED = 127
F_SETPIPE_SZ = 1031


class NotStarted(Exception):
    """The command could not be prepared; the message says why and what to do."""


class Command:
    """A child in a process group of its own that waits, before its first instruction, for `release()`.

    Between fork and exec the child reads from a pipe that only the shim can write. So process.json is on disk before the
    command runs, and a shim that dies in between takes the child with it.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        argv = [str(part) for part in spec["command"]]
        if not os.path.isdir(spec["cwd"]):
            raise NotStarted(f"The working folder {spec['cwd']} does not exist.")
        self._argv = argv
        self._cwd: str = spec["cwd"]
        self._env = {**os.environ, **spec["env"]}
        self._status: int | None = None
        self._gate, self._failure = os.pipe(), os.pipe()
        self.output, sink = os.pipe()
        _widen(self.output)
        self._oom_before = _oom_kills()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(sink)
        os.close(sink)
        os.close(self._gate[0])
        os.close(self._failure[1])
        try:
            os.setpgid(self.pid, self.pid)
        except OSError:
            pass  # the child did it already

    def release(self) -> None:
        """Let the child become the command."""
        os.write(self._gate[1], b"g")
        os.close(self._gate[1])

    def reap(self) -> bool:
        """Collect ended children (also adopted ones). True when the command itself has ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == self.pid:
                self._status = status
        return self._status is not None

    def wait(self) -> None:
        """Wait for the command's end; call it only when it was killed or has ended."""
        if self._status is None:
            self._status = os.waitpid(self.pid, 0)[1]

    def outcome(self) -> tuple[int | None, int | None]:
        """(exit code, None) or (None, number of the signal that ended it)."""
        assert self._status is not None
        if os.WIFSIGNALED(self._status):
            return None, os.WTERMSIG(self._status)
        return os.WEXITSTATUS(self._status), None

    def start_failure(self) -> str | None:
        """Why the child could not become the command, or None when it did."""
        if self._status is None or not os.WIFEXITED(self._status) or os.WEXITSTATUS(self._status) != NOT_STARTED:
            return None
        told = os.read(self._failure[0], 64)
        if not told:
            return None
        number = int(told)
        program = self._argv[0]
        if number == errno.ENOENT:
            path = self._env.get("PATH", "")
            return f"The command '{program}' was not found. PATH was {path}. Name a program of the step's environment."
        return f"The command '{program}' could not be started: {os.strerror(number)}."

    def oom_killed(self) -> bool:
        """Whether the kernel's out-of-memory killer struck in this control group while the command ran."""
        return _oom_kills() > self._oom_before

    def _become(self, sink: int) -> None:
        """In the child: wait for the gate, then exec. Never returns."""
        try:
            os.setpgid(0, 0)
            processes.prctl(processes.PR_SET_PDEATHSIG, signal.SIGKILL)
            os.close(self._gate[1])
            for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            _prefer_as_victim()
            os.chdir(self._cwd)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            if os.read(self._gate[0], 1) == b"g":
                os.execvpe(self._argv[0], self._argv, self._env)
        except OSError as error:
            os.write(self._failure[1], str(error.errno).encode())
        finally:
            os._exit(NOT_STARTED)


def _widen(descriptor: int) -> None:
    """A pipe of 1 MiB, so that a chatty trainer seldom waits for the log. Best effort."""
    try:
        fcntl.fcntl(descriptor, F_SETPIPE_SZ, 1 << 20)
    except OSError:
        pass


def _prefer_as_victim() -> None:
    """When the host is out of memory, the kernel shall take the trainer before the worker or a server."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("500")
    except OSError:
        pass


def _oom_kills() -> int:
    try:
        with open("/sys/fs/cgroup/memory.events", encoding="ascii") as file:
            for line in file:
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0
