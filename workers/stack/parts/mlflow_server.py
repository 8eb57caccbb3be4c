"""Run ``mlflow server`` in one process instead of two.

MLflow's command line prepares the database and then starts uvicorn as a child, which imports everything a second
time. Here the command line runs unchanged, but in place of starting the child it serves from this very process: half
of the start (6 s to 3 s) and half of the memory (550 MB to 255 MB). Should a later MLflow no longer start its server
the way that is replaced here, its own way is used.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

# Thousands of modules come to stay: looking for garbage among them takes a tenth of the start.
gc.disable()

# Before MLflow: it protects its Flask application only where it sees a server loaded.
import uvicorn  # noqa: E402, F401
import mlflow.server as server  # noqa: E402


def serve(command: list[str], *, extra_env: dict[str, str] | None = None, **_: Any) -> None:
    """Stand in for MLflow's ``_exec_cmd``: the same uvicorn command line, without the new process."""
    from uvicorn.main import main

    os.environ.update(extra_env or {})
    sys.argv = command[command.index("uvicorn") :]
    gc.collect()
    gc.freeze()
    gc.enable()
    main()


if hasattr(server, "_exec_cmd"):
    server._exec_cmd = serve
else:
    gc.enable()

from mlflow.cli import cli  # noqa: E402

cli()
