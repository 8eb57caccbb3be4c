"""The place of a running job: its lock and its folder, and what is done when somebody removes them while it runs.

A lock on a file is gone with the file's name. So a shim looks whether the lock that it holds is still the one that others
find, and makes its folder again where it is not; and a new shim, under the new lock, looks for a process of the old one before
it starts anything. The process itself is the lock that nobody can remove.
"""

from __future__ import annotations

import os
from typing import Any

from ratchet_job.files import read_json, try_lock, write_json

LOCK = "lock"


class Place:
    """Held for a job's life. The caller has taken `lock` and read `spec`."""

    def __init__(self, folder: str, lock: int, spec: dict[str, Any]) -> None:
        self.folder = folder
        self._lock = lock
        self._spec = spec
        self._process: dict[str, Any] | None = None
        self._job = _bytes(os.path.join(folder, "job.json"))
        # Tells attempts apart, whoever counted them: the trainer holds it against process.json before it writes to MLflow.
        self.token = os.urandom(8).hex()

    def publish(self, process: dict[str, Any]) -> None:
        """Say who runs here."""
        self._process = {**process, "token": self.token}
        write_json(os.path.join(self.folder, "process.json"), self._process)

    def is_lost(self) -> bool:
        """Whether others who look for the lock do not find the one that is held."""
        try:
            seen = os.stat(os.path.join(self.folder, LOCK))
        except OSError:
            return True
        held = os.fstat(self._lock)
        return (seen.st_dev, seen.st_ino) != (held.st_dev, held.st_ino)

    def has_home(self) -> bool:
        """Whether what held the folder of all jobs is there: without it nobody will ever look for this one."""
        return os.path.isdir(os.path.dirname(os.path.dirname(self.folder)))

    def is_taken(self) -> bool:
        """Whether another attempt says that it runs here."""
        try:
            other = read_json(os.path.join(self.folder, "process.json"))
        except (OSError, ValueError):
            return False
        return other is not None and other.get("token") != self.token

    def restore(self, at: str) -> bool:
        """Make the folder again with all that is known of it. False when somebody else holds the new lock: try again."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        lock = try_lock(os.path.join(self.folder, LOCK))
        if lock is None:
            return False
        if self.is_taken():
            os.close(lock)
            return False
        os.close(self._lock)
        self._lock = lock
        for name in ("output", "checkpoints"):
            os.makedirs(os.path.join(self.folder, name), mode=0o700, exist_ok=True)
        for name, body in (("job.json", self._job), ("lease", b"")):
            _write(os.path.join(self.folder, name), body)
        if self._process is not None:
            self.publish({**self._process, "restoredAt": at})
        write_json(os.path.join(self.folder, "spec.json"), self._spec)
        return True


def runs_elsewhere(folder: str, lock: int) -> bool:
    """Whether a shim of the job in `folder` holds another lock than `lock`: its folder was removed under it (Linux)."""
    own = os.fstat(lock)
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        if name.isdigit() and int(name) != os.getpid() and _is_shim_of(name, folder):
            if any((held.st_dev, held.st_ino) != (own.st_dev, own.st_ino) for held in _locks_of(name)):
                return True
    return False


def _locks_of(pid: str) -> list[os.stat_result]:
    """One that waits for its turn has the same file open, or none."""
    found = []
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            path = f"/proc/{pid}/fd/{name}"
            if os.path.basename(os.readlink(path)).split(" ")[0] == LOCK:
                found.append(os.stat(path))
    except OSError:
        pass  # it ended meanwhile
    return found


def _is_shim_of(pid: str, folder: str) -> bool:
    words = _bytes(f"/proc/{pid}/cmdline").split(b"\0")[:-1]
    return len(words) > 1 and words[-1] == os.fsencode(folder) and words[-2].endswith(b"/job_shim.py")


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _write(path: str, body: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(body)
