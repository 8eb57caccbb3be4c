"""The processes of a job: which they are, how much memory they hold, and how to end all of them.

A job is the command's process group and whatever descends from the shim. On Linux the shim is a "child subreaper", so a
process that forks twice or opens a session of its own comes back to the shim instead of escaping it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from dataclasses import dataclass

from ratchet_job.files import LINUX

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Process:
    """One row of the process table; `rss` in bytes."""

    pid: int
    parent: int
    group: int
    rss: int


def prctl(option: int, value: int) -> None:
    """Linux's prctl(2); nothing elsewhere."""
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def table() -> list[Process]:
    """All processes that this one may see, zombies left out."""
    if not LINUX:
        return _table_of_ps()
    page = os.sysconf("SC_PAGE_SIZE")
    rows = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if fields[0] not in (b"Z", b"X"):
            rows.append(Process(int(name), int(fields[1]), int(fields[2]), int(fields[21]) * page))
    return rows


def _table_of_ps() -> list[Process]:
    columns = ["ps", "-axo", "pid=,ppid=,pgid=,rss="]
    done = subprocess.run(columns, capture_output=True, text=True, check=False, timeout=10)
    rows = (line.split() for line in done.stdout.splitlines())
    return [Process(int(pid), int(parent), int(group), int(rss) * 1024) for pid, parent, group, rss in rows]


def of_job(group: int, shim: int) -> list[Process]:
    """The processes of the job: members of `group` and descendants of `shim` (without it)."""
    rows = table()
    family = {shim}
    grown = True
    while grown:
        found = {row.pid for row in rows if row.parent in family} - family
        family |= found
        grown = bool(found)
    return [row for row in rows if row.pid != shim and (row.group == group or row.pid in family)]


def resident(pid: int) -> int:
    """Resident bytes of one process; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def proportional(pid: int) -> int:
    """Bytes of one process with pages shared between forked workers counted once (PSS); dearer than `resident`."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resident(pid)


def send(processes: list[Process], number: int) -> None:
    """Send a signal to every one of `processes`; those already gone are skipped."""
    for process in processes:
        try:
            os.kill(process.pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def send_group(group: int, number: int) -> None:
    """Send a signal to a whole process group in one call, so that no member forks its way past a list."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass


class MemoryWatch:
    """Polls what a job holds, and says when it is over the limit.

    Polling resident memory is chosen over RLIMIT_AS: numpy, Arrow, OpenBLAS and CUDA reserve address space far beyond what
    they touch (tens of gigabytes), so an address-space limit either kills healthy trainers or limits nothing. The price is
    that a trainer may overshoot for a tenth of a second.
    """

    def __init__(self, group: int, shim: int, limit: int | None) -> None:
        self._group = group
        self._shim = shim
        self._limit = limit
        self._members: list[int] = []
        self._next_scan = 0.0
        self.peak = 0
        self.interval = 0.5

    def over(self) -> bool:
        """Measure now. True when the job holds more than its limit, shared pages counted once."""
        now = time.monotonic()
        if now >= self._next_scan or not LINUX:
            rows = of_job(self._group, self._shim)
            self._members = [row.pid for row in rows]
            # A scan of a host with thousands of processes costs: at most two per cent of a core goes into it.
            self._next_scan = now + max(1.0, 50 * (time.monotonic() - now))
            total = sum(row.rss for row in rows)
        else:
            total = sum(resident(pid) for pid in self._members)
        if self._limit is not None and total > self._limit and LINUX:
            total = sum(proportional(pid) for pid in self._members)
        self.peak = max(self.peak, total)
        if self._limit is None:
            self.interval = 2.0
            return False
        self.interval = 0.1 if total > self._limit / 3 else 0.5
        return total > self._limit


def kill_strays(group: int | None, marker: str) -> int:
    """Kill what an earlier shim of this job left behind: its process group, and (Linux) whoever carries `marker` in its environment.

    `group` must have been matched by start time and boot id before. Returns how many processes were hit.
    """
    rows = table()
    needle = marker.encode()
    strays = [row for row in rows if row.pid != os.getpid() and (row.group == group or _carries(row.pid, needle))]
    if group is not None:
        send_group(group, signal.SIGKILL)
    send(strays, signal.SIGKILL)
    return len(strays)


def _carries(pid: int, needle: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return needle in file.read().split(b"\0")
    except OSError:
        return False
