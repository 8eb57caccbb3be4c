"""A script that registers its model makes it the candidate instead: the gate decides what becomes a version.

The registration becomes the tag `ratchet.candidate` of the job's run, JSON { "uri", "name", "runId" }; of several the
last counts. The script gets a ModelVersion with version "0" that it can look up and load; aliases, stages and tags that
it puts on it are said and dropped.
"""

from __future__ import annotations

import functools
import json
import re
import time
from types import ModuleType
from typing import Any

from ratchet_pin import RUN_ID, say_once

TAG = "ratchet.candidate"
VERSION = "0"

_candidates: dict[str, Any] = {}
_aliases: dict[tuple[str, str], Any] = {}


def pin_registration(module: ModuleType) -> None:
    """For mlflow.tracking._model_registry.fluent: mlflow.register_model and every `registered_model_name=` end there."""
    if RUN_ID is None:
        return

    def _register_model(model_uri: Any, name: Any, *_: Any, tags: Any = None, **__: Any) -> Any:
        return _become_candidate(str(name), str(model_uri), tags)

    module._register_model = _register_model


def _become_candidate(name: str, uri: str, tags: Any = None, run_id: str | None = None) -> Any:
    from mlflow.entities.model_registry import ModelVersion, ModelVersionTag
    from mlflow.tracking.client import MlflowClient

    run_of_uri = re.match(r"runs:/([^/]+)/(.+)", uri)
    source_run = run_id or (run_of_uri.group(1) if run_of_uri else RUN_ID)
    if run_of_uri:
        uri = _logged_model(*run_of_uri.groups()) or uri
    MlflowClient().set_tag(RUN_ID, TAG, json.dumps({"uri": uri, "name": name, "runId": source_run}))
    say_once(
        "register",
        f"the model is not registered as {name!r} by the script: it is the candidate ({uri}), the gate decides",
    )
    model_id = re.match(r"models:/(m-[^/]+)$", uri)
    _candidates[name] = ModelVersion(
        name,
        VERSION,
        int(time.time() * 1000),
        source=uri,
        run_id=source_run,
        current_stage="None",
        tags=[ModelVersionTag(key, str(value)) for key, value in (tags or {}).items()],
        model_id=model_id.group(1) if model_id else None,
    )
    return _candidates[name]


def pin_registry_calls(client: Any) -> None:
    """For MlflowClient: writes are dropped, reads know the candidate. Prompts go another way and are left alone."""
    if RUN_ID is None:
        return

    def create_registered_model(self: Any, name: str, *_: Any, **__: Any) -> Any:
        say_once("register-name", f"no registered model {name!r} is made: Ratchet registers the model itself")
        return _registered_model(name)

    def create_model_version(
        self: Any, name: str, source: str, run_id: Any = None, tags: Any = None, *_: Any, **__: Any
    ) -> Any:
        return _become_candidate(name, str(source), tags, run_id)

    def copy_model_version(self: Any, src_model_uri: str, dst_name: str) -> Any:
        return _become_candidate(dst_name, str(src_model_uri))

    def set_registered_model_alias(self: Any, name: str, alias: str, version: Any) -> None:
        _drop(f"the alias {alias!r} of {name!r}")
        if name in _candidates and str(version) == VERSION:
            _aliases[name, alias] = _candidates[name]

    client.create_registered_model = create_registered_model
    client.create_model_version = create_model_version
    client._create_model_version = create_model_version
    client.copy_model_version = copy_model_version
    client.set_registered_model_alias = set_registered_model_alias
    for name in (
        "delete_registered_model_alias transition_model_version_stage update_model_version delete_model_version "
        "set_model_version_tag delete_model_version_tag update_registered_model rename_registered_model "
        "delete_registered_model set_registered_model_tag delete_registered_model_tag"
    ).split():
        if hasattr(client, name):
            setattr(client, name, _dropped(name))
    _answer_reads(client)


def _drop(what: str) -> None:
    say_once("registry-write", f"{what} is not changed by the script: Ratchet alone writes the model registry")


def _dropped(method: str) -> Any:
    def call(self: Any, name: str, *_: Any, **__: Any) -> Any:
        _drop(f"{name!r} ({method})")
        return (
            _candidates.get(name)
            if "version" in method
            else None
            if method.startswith("delete")
            else _registered_model(name)
        )

    call.__name__ = method
    return call


def _registered_model(name: str) -> Any:
    from mlflow.entities.model_registry import RegisteredModel

    return RegisteredModel(name)


def _answer_reads(client: Any) -> None:
    def instead(method: str, find: Any) -> None:
        original = getattr(client, method, None)
        if original is None:
            return

        @functools.wraps(original)
        def call(self: Any, *given: Any, **named: Any) -> Any:
            found = find(*given, **named)
            return original(self, *given, **named) if found is None else found

        setattr(client, method, call)

    def version(name: str, version: Any) -> Any:
        return _candidates.get(name) if str(version) == VERSION else None

    def source(name: str, version: Any) -> Any:
        found = _candidates.get(name) if str(version) == VERSION else None
        return None if found is None else _files_of(found.source)

    def latest(name: str, stages: Any = None) -> Any:
        return [_candidates[name]] if name in _candidates else None

    def search(filter_string: Any = None, *_: Any, **__: Any) -> Any:
        named = re.fullmatch(r"""\s*name\s*=\s*['"](.+?)['"]\s*""", filter_string or "")
        return latest(named.group(1)) if named else None

    instead("get_model_version", version)
    instead("get_model_version_download_uri", source)
    instead("get_latest_versions", latest)
    instead("search_model_versions", search)
    instead("get_model_version_by_alias", lambda name, alias: _aliases.get((name, alias)))
    instead("get_registered_model", lambda name: _registered_model(name) if name in _candidates else None)


def _logged_model(run_id: str, name: str) -> str | None:
    """`models:/m-…` of the newest model that a run logged under `name`: since MLflow 3 it does not lie in the run's folder."""
    from mlflow.tracking.client import MlflowClient

    client = MlflowClient()
    try:
        experiment = client.get_run(run_id).info.experiment_id
        found = client.search_logged_models(
            [experiment], filter_string=f"name = '{name}' AND source_run_id = '{run_id}'"
        )
    except Exception:  # an older server or client: the run's own address stays
        return None
    newest = max(found, key=lambda model: model.creation_timestamp, default=None)
    return newest and f"models:/{newest.model_id}"


def _files_of(uri: str) -> str:
    """Where the files of a logged model lie: what a real version answers as its download address."""
    from mlflow.tracking.client import MlflowClient

    model_id = re.match(r"models:/(m-[^/]+)$", uri)
    return MlflowClient().get_logged_model(model_id.group(1)).artifact_location if model_id else uri
