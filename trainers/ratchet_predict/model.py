"""Loads an MLflow model from its folder.

A model of scikit-learn's flavour is read from its files without MLflow, whose import alone takes longer than most
predictions. Any other flavour goes through mlflow.pyfunc: its native model is taken when it has a `predict_proba`
(XGBoost, LightGBM, CatBoost classifiers), else what pyfunc predicts counts.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

from ratchet_predict.problem import Problem


@dataclass
class Loaded:
    """`native` answers predict and perhaps predict_proba; `columns` is None when the model does not say what it reads.

    `signature` is what it was logged with: `inputs` and `outputs`, each a list of name, type and required; None without one.
    """

    native: Any
    columns: list[str] | None
    signature: dict[str, list[dict[str, Any]]] | None


def load(folder: str, name: str) -> Loaded:
    """Load the model in `folder`; `name` is what messages call it."""
    file = os.path.join(folder, "MLmodel")
    if not os.path.isfile(file):
        raise Problem(f"{name} has no MLmodel file in {folder}: log it with a log_model of MLflow.")
    import yaml

    with open(file, encoding="utf-8") as text:
        description = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        native = _load_sklearn(folder, description) or _load_any(folder)
    except ModuleNotFoundError as error:
        lacks = f"{name} needs the Python module '{error.name}', which its environment lacks"
        raise Problem(f"{lacks}: add it to the requirements lock.") from error
    signature = _signature(description)
    return Loaded(native, _columns_of_signature(signature) or _columns_of_model(native), signature)


def _load_sklearn(folder: str, description: dict[str, Any]) -> Any:
    """The scikit-learn model, read as mlflow.sklearn would; None when it is of another flavour."""
    flavours = description.get("flavors", {})
    own, general = flavours.get("sklearn"), flavours.get("python_function", {})
    if own is None or general.get("loader_module") != "mlflow.sklearn":
        return None
    if os.environ.get("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true").lower() in ("false", "0"):
        raise Problem(
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION is false here, and loading a model means running what is in it."
        )
    code = own.get("code") or general.get("code")
    if code:
        sys.path.insert(0, os.path.join(folder, code))
    file = os.path.join(folder, own["pickled_model"])
    how = own.get("serialization_format", "pickle")
    if how == "skops":
        import skops.io

        return skops.io.load(file, trusted=own.get("skops_trusted_types"))
    if how not in ("pickle", "cloudpickle"):
        raise Problem(f"The model in {folder} is serialized as '{how}'; known are skops, cloudpickle and pickle.")
    with open(file, "rb") as stream:
        return importlib.import_module(how).load(stream)


def _load_any(folder: str) -> Any:
    import mlflow.pyfunc

    model = mlflow.pyfunc.load_model(folder)
    try:
        native = model.get_raw_model()
    except Exception:  # this flavour has no native model to give
        return model
    return native if hasattr(native, "predict_proba") else model


def _signature(description: dict[str, Any]) -> dict[str, list[dict[str, Any]]] | None:
    logged = description.get("signature")
    if not logged:
        return None
    return {side: [_field(column) for column in json.loads(logged.get(side) or "[]")] for side in ("inputs", "outputs")}


def _field(column: dict[str, Any]) -> dict[str, Any]:
    """A column of a signature; the type of one with a structure is its JSON, keys in order."""
    structure = {key: value for key, value in column.items() if key not in ("name", "required", "type")}
    kind = column.get("type", "unknown")
    return {
        "name": column.get("name"),
        "type": json.dumps({"type": kind, **structure}, sort_keys=True) if structure else kind,
        "required": column.get("required", True),
    }


def _columns_of_signature(signature: dict[str, list[dict[str, Any]]] | None) -> list[str] | None:
    names = [column["name"] for column in (signature or {}).get("inputs", [])]
    return names if names and all(names) else None


def _columns_of_model(native: Any) -> list[str] | None:
    names = getattr(native, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]
