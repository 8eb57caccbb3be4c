"""Files of a job's folder: JSON by atomic rename, the lock held for life, and who a process is.

Standard library only, Python 3.10+: it runs under whatever interpreter the host has.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from typing import Any

LINUX = sys.platform.startswith("linux")


def read_json(path: str) -> dict[str, Any] | None:
    """The JSON object in `path`, or None when there is no such file."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except FileNotFoundError:
        return None
    if not isinstance(value, dict):
        raise ValueError(f"{path} does not hold a JSON object")
    return value


def write_json(path: str, value: dict[str, Any]) -> None:
    """Write `value` so that a reader sees the old file or the whole new one, also after a power cut."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        with_suppressed_unlink(temporary)
        raise
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def with_suppressed_unlink(path: str) -> None:
    """Remove `path` if it is there and can be removed."""
    try:
        os.unlink(path)
    except OSError:
        pass


def try_lock(path: str) -> int | None:
    """Take the exclusive lock on `path` without waiting. The descriptor is the lock: keep it open; None when it is held.

    The file is never removed: a new inode would be a second lock.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def boot_id() -> str:
    """An id that changes at every boot, so that a pid and start time of an earlier boot match nothing."""
    if LINUX:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    # "{ sec = 1700000000, usec = 1 } Tue …": the seconds alone, because the text follows the time zone.
    return _output("sysctl", "-n", "kern.boottime").partition("sec = ")[2].partition(",")[0]


def start_time(pid: int) -> str | None:
    """When `pid` started, in the kernel's own words (clock ticks since boot on Linux); None when there is no such process."""
    if not LINUX:
        state, _, started = _output("ps", "-o", "stat=,lstart=", "-p", str(pid)).partition(" ")
        return None if state.startswith("Z") else " ".join(started.split()) or None
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # A zombie still has its start time but runs nothing any more.
    return None if fields[0] in (b"Z", b"X") else fields[19].decode("ascii")


def is_alive(identity: dict[str, Any]) -> bool:
    """Whether the very process of `identity` { pid, startTime, bootId } still runs: never by pid alone, pids are used again."""
    return identity.get("bootId") == boot_id() and start_time(int(identity["pid"])) == identity.get("startTime")


def _output(*command: str) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10, env=environment)
    return done.stdout.strip()
