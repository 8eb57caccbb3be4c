"""Says what an MLflow model predicts for every row of a table.

    python predict.py REQUEST.json     one request, then the end
    python predict.py --serve          requests as JSON lines on stdin, answers on stdout, with everything imported once
    python predict.py --one F NAME T   serves the model in folder F, see ratchet_predict/serving.py

A request names one model; two of them run side by side:

    { "id": 1, "model": "/models/a", "name": "the candidate", "rows": "/data/holdout.parquet", "without": ["late"],
      "task": "binary", "to": "/scores/candidate.parquet" }

With { "perturb": { "kind": "missing", "share": 0.1, "size": 0.01, "rows": 20000, "seed": 0 } } the answers are of rows that are drawn
and spoiled, see ratchet_predict/perturb.py; of the others there are none, and "cells" says how many cells are others.
`to` gets one row a row, in the same order. The answer says what its columns are:

    { "id": 1, "scores": { "file": …, "rows": 15000, "value": null, "probabilities": [{ "label": "0", "column": "p0" }, …],
      "label": null, "signature": { "inputs": [{ "name": "a", "type": "double", "required": true }], "outputs": [] },
      "missing": 0, "loadMs": 12, "predictMs": 140 } }

or { "id": 1, "error": { "type", "message" } }. A request { "id": 2, "load": { … } } measures how quickly models answer, see
ratchet_predict/load.py: { "id": 2, "load": { "rounds": 1000, "sides": [ … ] } }. A request { "id": 3, "example": { "model", "name" } } has a model predict the
input example that was logged with it, see ratchet_predict/example.py: { "id": 3, "example": { "rows": 5, "error": null } }. The first line of --serve is { "ready": true }; { "cancel": 1 } ends a request
without an answer. On Linux every request runs in a fork: a model that crashes or hoards memory ends alone, and two models
that bring modules of the same name do not meet.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

from ratchet_predict.problem import Problem, says


def predict(request: dict[str, Any]) -> dict[str, Any]:
    """Answer one request; a Problem is what the caller can mend, anything else is the model's own failure."""
    try:
        if "load" in request:
            from ratchet_predict.load import measure_load

            return {"id": request.get("id"), "load": measure_load(request["load"])}
        if "example" in request:
            from ratchet_predict.example import predict_example

            return {"id": request.get("id"), "example": predict_example(request["example"])}
        from ratchet_predict.rows import scores

        return {"id": request.get("id"), "scores": scores(request)}
    except Exception as error:
        if not isinstance(error, Problem):
            traceback.print_exception(error, file=sys.stderr)
        return {"id": request.get("id"), "error": says(error, request.get("name", "the model"))}


def main(arguments: list[str]) -> int:
    """Entry point; see the module's text."""
    if arguments == ["--serve"]:
        from ratchet_predict.server import Server

        Server(predict).run()
        return 0
    if arguments[:1] == ["--one"]:
        from ratchet_predict.serving import serve

        return serve(*arguments[1:4])
    if len(arguments) != 1:
        print("usage: predict.py REQUEST.json | --serve | --one FOLDER NAME TASK", file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8") as file:
        answer = predict(json.load(file))
    print(json.dumps(answer))
    return 0 if "error" not in answer else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
