"""What can be wrong with a request to predict, in words."""

from __future__ import annotations


class Problem(Exception):
    """Something the caller can mend: the message gives the value and what to do."""


def says(error: BaseException, name: str) -> dict[str, str]:
    """The error as JSON { type, message }: a Problem in its own words, what a model threw with Python's reason."""
    if isinstance(error, Problem):
        return {"type": "JobFailed", "message": str(error)}
    if isinstance(error, MemoryError):
        return {"type": "StepHostDied", "message": f"{name} needs more memory than this machine has."}
    return {"type": "JobFailed", "message": f"{name} could not predict: {type(error).__name__}: {error}"}
