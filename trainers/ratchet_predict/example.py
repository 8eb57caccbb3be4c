"""Has a model predict the input example that was logged with it, as MLflow loads it for whoever serves it."""

from __future__ import annotations

from typing import Any

# Characters of what a library says.
WORDS = 500


def predict_example(request: dict[str, Any]) -> dict[str, Any] | None:
    """Answer a request { model, name }: { rows, error }, or None when no example was logged.

    Through mlflow.pyfunc whatever the flavour: a request that reaches the served model passes its signature there.
    """
    import mlflow.pyfunc
    from mlflow.models import Model

    folder = request["model"]
    rows: int | None = None
    try:
        example = Model.load(folder).load_input_example(folder)
        if example is None:
            return None
        rows = len(example) if hasattr(example, "columns") or hasattr(example, "shape") else None
        said = mlflow.pyfunc.load_model(folder).predict(example)
        answers = len(said) if rows is not None and hasattr(said, "__len__") else None
        if answers is not None and answers != rows:
            return {"rows": rows, "error": f"it gave {answers} answers for {rows} rows"}
    except Exception as error:  # whatever a library throws is what the model says
        words = " ".join(f"{type(error).__name__}: {error}".split())
        return {"rows": rows, "error": words[:WORDS]}
    return {"rows": rows, "error": None}
