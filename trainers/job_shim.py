"""Runs one command for Ratchet and outlives whoever asked for it: `python job_shim.py <job folder>`.

The folder is the whole interface; no socket, no pid to trust:

    spec.json      what to run: { attempt, command, cwd, env, limits }; read after the lock is taken
    lock           flock held for life: held means running, whoever looks; ratchet_job/place.py tells what happens when it is removed
    process.json   who the trainer is, written before its first instruction
    lease          its modification time is the supervisor's sign of life
    holder.<n>.json  whose it is since it was taken over for the n-th time; before that spec.json's labels say it
    stop.json      { attempt, reason, taken }: a request to stop; void once it was taken over more often than that
    log.<offset>   what it printed, bounded (ratchet_job/log.py)
    exit.json      how it ended, by atomic rename, written last

`--probe` and `--close` read a JSON list of folders from stdin, so that any number costs one process, and print for each
{ held, error }: whether the lock is held, and what went wrong there. `--close` ends what a killed shim left behind and, where
the attempt has no end yet, writes it down as stopped; it does nothing where the lock is held.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from typing import Any

from ratchet_job import processes
from ratchet_job.attempt import Attempt, now
from ratchet_job.files import boot_id, is_alive, read_json, try_lock, write_json
from ratchet_job.log import BoundedLog
from ratchet_job.place import Place, runs_elsewhere

# A probe holds the lock for a moment; only who holds it longer is another shim.
LOCK_SECONDS = 1.0


def bury(folder: str) -> int:
    """End what an earlier attempt left running when its shim was killed. The caller holds the lock. Returns processes hit."""
    document = read_json(os.path.join(folder, "process.json"))
    trainer = document["trainer"] if document else {}
    if document is not None and trainer.get("bootId") != boot_id():
        return 0
    # A folder that was removed knows nothing, and what an earlier attempt left may live all the same: it carries the mark.
    group = int(trainer["pgid"]) if document is not None and is_alive(trainer) else None
    return processes.kill_strays(group, f"RATCHET_JOB={os.path.join(folder, 'job.json')}")


def wait_for_lock(path: str, seconds: float) -> int | None:
    """The lock, tried for `seconds`; None when somebody else keeps it."""
    deadline = time.monotonic() + seconds
    while (lock := try_lock(path)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return lock


def supervise(folder: str) -> int:
    """Take the lock and run the attempt that spec.json asks for, unless it ran already. Returns the exit code of the shim."""
    lock = wait_for_lock(os.path.join(folder, "lock"), LOCK_SECONDS)
    if lock is None:
        return 0
    spec = read_json(os.path.join(folder, "spec.json"))
    if spec is None:
        print(f"{folder} has no spec.json", file=sys.stderr)
        return 2
    ended = read_json(os.path.join(folder, "exit.json"))
    if ended is not None and int(ended["attempt"]) >= int(spec["attempt"]):
        return 0
    if ended is not None:
        os.replace(os.path.join(folder, "exit.json"), os.path.join(folder, f"exit.{ended['attempt']}.json"))
    if runs_elsewhere(folder, lock):
        # It runs, and its folder was removed under it: it makes it again as soon as this lock is free.
        return 0
    bury(folder)
    # What an attempt hands over is its own: the rest of a failed one must not be taken for the result of this one.
    shutil.rmtree(os.path.join(folder, "output"), ignore_errors=True)
    os.makedirs(os.path.join(folder, "output"), exist_ok=True)
    processes.prctl(processes.PR_SET_CHILD_SUBREAPER, 1)
    Attempt(Place(folder, lock, spec), spec).run()
    return 0


def close(folder: str) -> None:
    """Under the lock: nobody of this job is left alive, and exit.json says so."""
    bury(folder)
    spec = read_json(os.path.join(folder, "spec.json"))
    ended = read_json(os.path.join(folder, "exit.json"))
    if spec is None or (ended is not None and int(ended["attempt"]) >= int(spec["attempt"])):
        return
    stop = read_json(os.path.join(folder, "stop.json")) or {}
    process = read_json(os.path.join(folder, "process.json")) or {}
    log = BoundedLog(folder, int(spec["limits"]["logBytes"]))
    document = {"attempt": spec["attempt"], "code": None, "signal": None, "oomKilled": False, "reason": "stopped"}
    document |= {"detail": stop.get("reason"), "startedAt": process.get("startedAt", now()), "endedAt": now()}
    document |= {"peakBytes": 0, "logBytes": log.written, "logBytesDropped": log.dropped()}
    write_json(os.path.join(folder, "exit.json"), document)


def ask(folder: str, closing: bool) -> dict[str, Any]:
    """Whether the lock of `folder` is held; where it is not and `closing`, what is left there is ended."""
    try:
        lock = try_lock(os.path.join(folder, "lock"))
    except OSError as error:
        # A folder that was removed meanwhile is held by nobody.
        return {"held": False, "error": None if isinstance(error, FileNotFoundError) else str(error)}
    if lock is None:
        return {"held": True, "error": None}
    try:
        if closing:
            close(folder)
    except (OSError, ValueError, KeyError) as error:
        return {"held": False, "error": f"{type(error).__name__}: {error}"}
    finally:
        os.close(lock)
    return {"held": False, "error": None}


def main(arguments: list[str]) -> int:
    """Entry point; see the module's text."""
    if arguments in (["--probe"], ["--close"]):
        folders = [os.path.abspath(folder) for folder in json.load(sys.stdin)]
        print(json.dumps([ask(folder, arguments == ["--close"]) for folder in folders]))
        return 0
    if len(arguments) != 1:
        print("usage: job_shim.py <job folder>, or --probe or --close with a JSON list of folders on stdin", file=sys.stderr)
        return 2
    try:
        os.setsid()
    except PermissionError:
        pass  # already the leader of its session
    return supervise(os.path.abspath(arguments[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
