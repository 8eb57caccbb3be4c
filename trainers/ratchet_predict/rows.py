"""Predicts every row of a Parquet file and writes what the model said into another.

Which of a model's answers count is decided by task: a regression's `predict`; a classifier's `predict_proba`, else its
`decision_function`, else its labels. A score that is NaN is kept and counted, it is the reader's to judge.
"""

from __future__ import annotations

import os
import time
from typing import Any

from ratchet_predict.model import Loaded, load
from ratchet_predict.perturb import perturbed, sampled
from ratchet_predict.problem import Problem

# Rows scored at once: what a model needs on top of the table stays bounded.
CHUNK = 250_000


def scores(request: dict[str, Any]) -> dict[str, Any]:
    """Answer a request of predict.py: write `to` by atomic rename and describe its columns."""
    import pyarrow
    import pyarrow.parquet

    started = time.monotonic()
    name, task = request["name"], request["task"]
    model = load(request["model"], name)
    loaded = time.monotonic()
    features = read_features(request, model)
    count, spoil, cells = len(features), request.get("perturb"), {}
    if spoil:
        drawn = sampled(features, spoil)
        features, changed = perturbed(features.iloc[drawn].reset_index(drop=True), spoil)
        cells = {"cells": changed}
    said = said_of(model.native, task, features)
    columns, about = _describe(name, task, said, _classes(model.native))
    missing = _missing(next(iter(columns.values())))
    if spoil:
        columns = {key: _in_place(values, drawn, count) for key, values in columns.items()}
    arrays = {key: pyarrow.array(values) for key, values in columns.items()}
    pyarrow.parquet.write_table(pyarrow.table(arrays), f"{request['to']}.tmp")
    os.replace(f"{request['to']}.tmp", request["to"])
    spent = {"loadMs": round((loaded - started) * 1000), "predictMs": round((time.monotonic() - loaded) * 1000)}
    nothing = {"value": None, "probabilities": None, "label": None}
    answer = {"file": request["to"], "rows": count, **nothing, **about, "signature": model.signature}
    return {**answer, "missing": missing, **cells, **spent}


def read_features(request: dict[str, Any], model: Loaded) -> Any:
    """The rows as a pandas frame with the columns that the model reads, in its order; all but `without` when it does not say."""
    import pandas
    import pyarrow
    import pyarrow.parquet

    name, without = request["name"], set(request["without"])
    try:
        there = pyarrow.parquet.read_schema(request["rows"]).names
    except (OSError, pyarrow.ArrowInvalid) as error:
        raise Problem(f"The rows for {name} cannot be read as Parquet: {error}") from error
    wanted = model.columns or [column for column in there if column not in without]
    seen = [column for column in wanted if column in without]
    if seen:
        raise Problem(f"{name} reads {_list(seen)}, which a model that is judged must not see: train it without.")
    missing = [column for column in wanted if column not in there]
    if missing:
        raise Problem(f"{name} reads {_list(missing)}, which the rows lack; they have {_list(there)}.")
    return pandas.read_parquet(request["rows"], columns=wanted)


def _in_place(values: Any, drawn: Any, count: int) -> Any:
    """What was said of drawn rows among all of them; nothing of the others."""
    import numpy

    if isinstance(values, list):
        said: list[Any] = [None] * count
        for at, value in zip(drawn, values, strict=True):
            said[at] = value
        return said
    all_rows = numpy.full(count, numpy.nan)
    all_rows[drawn] = values
    return all_rows


def _list(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"


def said_of(native: Any, task: str, features: Any) -> Any:
    """What the model says of the rows, by the method that counts for the task."""
    import numpy

    method = "predict"
    if task != "regression":
        # Pipelines and searches answer hasattr by what their last step can do.
        method = next(
            (better for better in ("predict_proba", "decision_function") if hasattr(native, better)), "predict"
        )
    how = getattr(native, method)
    # An empty table is scored too: its columns must come out as those of a full one.
    starts = range(0, max(1, len(features)), CHUNK)
    return numpy.concatenate([numpy.asarray(how(features.iloc[start : start + CHUNK])) for start in starts])


def _classes(native: Any) -> list[str] | None:
    classes = getattr(native, "classes_", None)
    return None if classes is None else [str(value) for value in classes]


def _describe(name: str, task: str, said: Any, classes: list[str] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """(column name → values, what the columns are) of what the model said."""
    if said.ndim == 2 and said.shape[1] == 1 and (classes is None or len(classes) != 1):
        said = said[:, 0]
    if task == "regression":
        return {"value": _numbers(name, said)}, {"value": "value"}
    if said.ndim == 2:
        labels = [str(i) for i in range(said.shape[1])]
        if classes is not None and len(classes) == said.shape[1]:
            labels = classes
        columns = {f"p{i}": said[:, i].astype("float64") for i in range(said.shape[1])}
        return columns, {"probabilities": [{"label": label, "column": f"p{i}"} for i, label in enumerate(labels)]}
    if said.dtype.kind == "f" and task == "binary":
        return {"value": _numbers(name, said)}, {"value": "value"}
    words = [None if value is None or value != value else str(value) for value in said.tolist()]
    return {"label": words}, {"label": "label"}


def _numbers(name: str, said: Any) -> Any:
    if said.ndim != 1:
        raise Problem(f"{name} predicts {said.shape[1]} values a row where one is needed.")
    try:
        return said.astype("float64")
    except (TypeError, ValueError) as error:
        raise Problem(f"{name} predicts {said[0]!r}, which is not a number: is its task a classification?") from error


def _missing(values: Any) -> int:
    return sum(1 for value in values if value is None) if isinstance(values, list) else int((values != values).sum())
