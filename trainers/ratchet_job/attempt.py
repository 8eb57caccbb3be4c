"""One attempt of a job: start its command, watch it to its end, write down how it ended."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from datetime import datetime, timezone
from typing import Any

from ratchet_job import processes
from ratchet_job.command import Command, NotStarted
from ratchet_job.files import boot_id, read_json, start_time, with_suppressed_unlink, write_json
from ratchet_job.log import BoundedLog
from ratchet_job.place import Place

CHUNK = 1 << 20
TICK_SECONDS = 1.0
# Between two looks at the folder: a trainer that writes there in between fails.
LOOK_SECONDS = 0.2
RESTORED = b"\n--- the folder of this job was removed while it ran and was made again: checkpoints and the log before are gone ---\n"
# How long what a finished command left behind (a daemon, a pool) may take to end by itself.
LEFTOVER_GRACE_SECONDS = 2.0
# Bytes for exit.json, held back from the start.
RESERVE = 16_384
INTERRUPTED = "interrupted"


def now() -> str:
    """The time as ISO 8601 in UTC, milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Attempt:
    """Runs under the lock of its job, which the caller holds; `run` returns when exit.json is written."""

    def __init__(self, place: Place, spec: dict[str, Any]) -> None:
        self.place = place
        self.folder = folder = place.folder
        self.spec = spec
        self.limits: dict[str, Any] = spec["limits"]
        self.started_at = now()
        self.log = BoundedLog(folder, int(self.limits["logBytes"]))
        self.command: Command | None = None
        self.memory: processes.MemoryWatch | None = None
        self.reason: str | None = None
        self.detail: str | None = None
        self._kill_at: float | None = None
        self._killed = False
        self._lease_seen = 0.0
        self.restored = False
        self._lease_since = time.monotonic()

    def run(self) -> None:
        """Start the command, stay with it to its end and write exit.json."""
        if int(self.spec["attempt"]) > 1 and self.log.written:
            self.log.write(f"\n--- attempt {self.spec['attempt']} ---\n".encode())
        try:
            env = {**self.spec["env"], "RATCHET_ATTEMPT": self.place.token}
            self.command = Command({**self.spec, "env": env})
        except NotStarted as error:
            self.reason, self.detail = "not-started", str(error)
            self.log.write(f"{error}\n".encode())
            self._finish(127, None)
            return
        self._reserve()
        self._publish()
        self.memory = processes.MemoryWatch(self.command.pid, os.getpid(), self.limits.get("memoryBytes"))
        self.command.release()
        try:
            self._supervise(self.command)
        except BaseException as error:
            self.reason, self.detail = "shim-failed", f"{type(error).__name__}: {error}"
            raise
        finally:
            self._end_all()
            self._drain(self.command)
            failure = self.command.start_failure()
            if failure is not None:
                self.reason, self.detail = "not-started", failure
                self.log.write(f"{failure}\n".encode())
            self._look_at_place()
            self._finish(*self.command.outcome())

    def ask_to_stop(self, reason: str, detail: str | None = None, gently: bool = True) -> None:
        """Begin to end the command: TERM now and KILL after the grace, or KILL at once. The first reason stays."""
        if self.reason is not None or self.command is None:
            return
        self.reason, self.detail = reason, detail
        self._kill_at = time.monotonic() + (float(self.limits["graceSeconds"]) if gently else 0.0)
        if gently:
            processes.send_group(self.command.pid, signal.SIGTERM)

    def _reserve(self) -> None:
        """Keep a little room on the disk, so that a log that fills it cannot keep the end from being written down."""
        with open(os.path.join(self.folder, "reserve"), "wb") as file:
            file.write(bytes(RESERVE))

    def _publish(self) -> None:
        assert self.command is not None
        trainer = {"pid": self.command.pid, "startTime": start_time(self.command.pid), "bootId": boot_id()}
        shim = {"pid": os.getpid(), "startTime": start_time(os.getpid()), "bootId": boot_id()}
        identity = {**trainer, "pgid": self.command.pid, "host": os.uname().nodename}
        document = {"attempt": self.spec["attempt"], "trainer": identity, "shim": shim, "startedAt": self.started_at}
        self.place.publish(document)

    def _look_at_place(self) -> None:
        """A folder that was removed is made again, so that whoever looks for the job finds it running."""
        if not self.place.is_lost():
            return
        try:
            if self.place.is_taken():
                self.ask_to_stop("folder-lost", "another attempt runs in its folder")
            elif not self.place.has_home():
                self.ask_to_stop("folder-lost", "its project was removed")
            elif self.place.restore(now()):
                self.restored = True
                earlier, self.log = self.log, BoundedLog(self.folder, int(self.limits["logBytes"]))
                self.log.go_on_from(earlier)
                self._reserve()
                self.log.write(RESTORED)
                if self._lease_seen:
                    self._lease_since = time.monotonic()
        except OSError as error:
            print(f"cannot make {self.folder} again: {error}", file=sys.stderr, flush=True)

    def _supervise(self, command: Command) -> None:
        wake, waker = os.pipe()
        for descriptor in (wake, waker):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._asked_by_signal())
        selector = selectors.DefaultSelector()
        selector.register(wake, selectors.EVENT_READ)
        selector.register(command.output, selectors.EVENT_READ)
        next_tick = next_measure = next_look = 0.0
        while not command.reap():
            clock = time.monotonic()
            if clock >= next_look:
                next_look = clock + LOOK_SECONDS
                self._look_at_place()
            if clock >= next_tick:
                next_tick = clock + TICK_SECONDS
                self._look_for_stop()
                self._look_at_lease()
            if self.memory is not None and clock >= next_measure:
                if self.memory.over():
                    limit = self.limits["memoryBytes"]
                    self.ask_to_stop(
                        "memory", f"held {self.memory.peak} bytes, the limit is {limit} bytes", gently=False
                    )
                next_measure = time.monotonic() + self.memory.interval
            if self._kill_at is not None and clock >= self._kill_at and not self._killed:
                self._killed = True
                self._kill_all(command)
            # An end of the child is told by SIGCHLD through the wake-up pipe, so this wait may be long.
            soonest = min(next_tick, next_measure, next_look, self._kill_at if self._kill_at and not self._killed else next_tick)
            for key, _ in selector.select(max(0.0, soonest - time.monotonic())):
                data = os.read(key.fd, CHUNK)
                if key.fd == command.output:
                    if data:
                        self.log.write(data)
                    else:
                        selector.unregister(command.output)
        selector.close()

    def _look_for_stop(self) -> None:
        try:
            request = read_json(os.path.join(self.folder, "stop.json"))
        except (OSError, ValueError):
            return
        if request is None or int(request.get("attempt", 0)) < int(self.spec["attempt"]):
            return
        # A request of a run that the job was taken over from since is nobody's.
        if "taken" not in request or not os.path.exists(
            os.path.join(self.folder, f"holder.{int(request['taken']) + 1}.json")
        ):
            self.ask_to_stop("stopped", str(request.get("reason", "")))

    def _asked_by_signal(self) -> None:
        """A SIGTERM without a request to stop: the machine goes down, or a service manager ends all of a worker's processes."""
        self._look_for_stop()
        self.ask_to_stop(INTERRUPTED)

    def _look_at_lease(self) -> None:
        """The lease is measured by the monotonic clock from the last touch that was seen: a laptop that slept is not dead."""
        try:
            touched = os.stat(os.path.join(self.folder, "lease")).st_mtime
        except OSError:
            touched = self._lease_seen
        if touched != self._lease_seen:
            self._lease_seen, self._lease_since = touched, time.monotonic()
        limit = float(self.limits["leaseSeconds"])
        if time.monotonic() - self._lease_since > limit:
            self.ask_to_stop("lease", f"no supervisor gave a sign of life for {limit:g} seconds")

    def _kill_all(self, command: Command) -> None:
        processes.send_group(command.pid, signal.SIGKILL)
        processes.send(processes.of_job(command.pid, os.getpid()), signal.SIGKILL)

    def _end_all(self) -> None:
        """End what the command left behind, so that a finished job is a job with no process."""
        assert self.command is not None
        deadline = time.monotonic() + LEFTOVER_GRACE_SECONDS
        rest = processes.of_job(self.command.pid, os.getpid())
        if self.command.reap():
            processes.send(rest, signal.SIGTERM)
        while rest and time.monotonic() < deadline and self.command.reap() and not self._killed:
            self._read_available(self.command)
            time.sleep(0.05)
            rest = processes.of_job(self.command.pid, os.getpid())
        if rest:
            self._kill_all(self.command)
        self.command.wait()
        self.command.reap()

    def _read_available(self, command: Command) -> bool:
        os.set_blocking(command.output, False)
        try:
            data = os.read(command.output, CHUNK)
        except BlockingIOError:
            return False
        self.log.write(data)
        return bool(data)

    def _drain(self, command: Command) -> None:
        while self._read_available(command):
            pass

    def _finish(self, code: int | None, number: int | None) -> None:
        if self.place.is_lost():
            # Its project was removed, or another attempt runs in its folder: there is nobody to tell.
            return
        name = None if number is None else signal.Signals(number).name
        by_kernel = (
            self.command is not None and number == signal.SIGKILL and self.reason is None and self.command.oom_killed()
        )
        reason = self.reason or ("memory" if by_kernel else "signalled" if name else "exited")
        detail = "the kernel was out of memory and killed it" if by_kernel else self.detail
        if self.restored and reason in ("exited", "signalled") and code != 0:
            # It met a folder that was not there: that is no mistake of its own.
            reason, detail = "folder-lost", f"it ended with {name or f'code {code}'} after its folder was removed"
        if reason == INTERRUPTED:
            # Nobody wanted this end: without exit.json the job counts as died, and goes on from its checkpoint.
            self.log.write(b"\n--- interrupted: the machine or a service manager asked it to end ---\n")
            return
        document = {
            "attempt": self.spec["attempt"],
            "code": code,
            "signal": name,
            "oomKilled": reason == "memory",
            "reason": reason,
            "detail": detail,
            "startedAt": self.started_at,
            "endedAt": now(),
            "peakBytes": self.memory.peak if self.memory else 0,
            "logBytes": self.log.written,
            "logBytesDropped": self.log.dropped(),
        }
        self.log.close()
        with_suppressed_unlink(os.path.join(self.folder, "reserve"))
        for wait in (0.0, 0.2, 1.0, 5.0, 30.0, 60.0):
            time.sleep(wait)
            try:
                write_json(os.path.join(self.folder, "exit.json"), document)
                return
            except OSError as error:
                print(f"cannot write exit.json: {error}", file=sys.stderr, flush=True)
                # A full disk: the middle of the log is worth less than how the job ended.
                self.log.shrink()
