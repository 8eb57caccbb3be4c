"""What a Feast repository defines, as JSON: read_repository.py FOLDER FILE.

Runs in Feast's own environment, since only Feast knows what its definitions mean: it loads the repository's modules as `feast plan`
does, has Feast infer what they leave out, and writes what it found into FILE. The repository's registry is neither read nor written.
"""
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("FEAST_USAGE", "False")


def main(folder: str, file: str) -> None:
    root = Path(folder).resolve()
    os.chdir(root)
    sys.path.insert(0, str(root))
    try:
        from feast import FeatureStore, __version__
        from feast.repo_config import RepoConfig, load_repo_config
        from feast.repo_operations import parse_repo
    except ImportError as error:
        write(file, {"error": "no-feast", "why": str(error)})
        return
    with tempfile.TemporaryDirectory() as scratch:
        try:
            written = load_repo_config(root, root / "feature_store.yaml")
            # A registry of its own: nothing of the user's is written to.
            config = RepoConfig(
                repo_path=root,
                project=written.project,
                provider="local",
                registry=str(Path(scratch) / "registry.db"),
                offline_store=written.offline_store,
                online_store={"type": "sqlite", "path": str(Path(scratch) / "online.db")},
                entity_key_serialization_version=3,
            )
            store = FeatureStore(config=config)
            repo = parse_repo(root)
        except BaseException as error:
            write(file, {"error": "not-read", "why": f"{type(error).__name__}: {error}"})
            return
        inference = infer(store, repo)
    write(
        file,
        {
            "feast": __version__,
            "project": config.project,
            "inference": inference,
            "entities": [entity(each) for each in repo.entities if each.name != "__dummy"],
            "views": [view(each) for each in [*repo.feature_views, *repo.stream_feature_views]],
            "functions": [function(each) for each in repo.on_demand_feature_views],
            "services": [service(each) for each in repo.feature_services],
            "others": [f"the label view {each.name}" for each in getattr(repo, "label_views", [])],
        },
    )


def infer(store, repo) -> "str | None":
    """Types of keys and of features that are not written down, from the sources; what kept Feast from it, else None."""
    try:
        store._make_inferences(
            repo.data_sources,
            repo.entities,
            repo.feature_views,
            repo.on_demand_feature_views,
            repo.stream_feature_views,
            repo.feature_services,
        )
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return None


def type_name(dtype) -> str:
    return dtype.to_value_type().name


def about(each) -> dict:
    return {
        "name": each.name,
        "description": getattr(each, "description", "") or "",
        "owner": getattr(each, "owner", "") or "",
        "tags": {str(tag): str(value) for tag, value in (getattr(each, "tags", None) or {}).items()},
    }


def fields(each) -> list:
    return [
        {"name": field.name, "type": type_name(field.dtype), "description": getattr(field, "description", "") or ""}
        for field in each
    ]


def entity(each) -> dict:
    declared = getattr(each, "value_type", None)
    return {**about(each), "key": each.join_key, "type": declared.name if declared is not None else "UNKNOWN"}


def view(each) -> dict:
    return {
        **about(each),
        "kind": type(each).__name__,
        "transformed": getattr(each, "feature_transformation", None) is not None or getattr(each, "udf", None) is not None,
        "entities": list(each.entities),
        "keys": fields(each.entity_columns),
        "features": fields(each.features),
        "ttl": each.ttl.total_seconds() if each.ttl else 0,
        "online": bool(each.online),
        "source": source(getattr(each, "batch_source", None)),
        "stream": getattr(getattr(each, "stream_source", None), "name", None),
    }


def source(each) -> "dict | None":
    if each is None:
        return None
    file_format = getattr(each, "file_format", None)
    # Of PostgreSQLSource, which has no public name for them.
    postgres = getattr(each, "_postgres_options", None)
    return {
        "kind": type(each).__name__,
        "name": each.name,
        "path": getattr(each, "path", None) or None,
        "table": getattr(postgres, "_table", None) or None,
        "query": getattr(postgres, "_query", None) or None,
        "format": type(file_format).__name__ if file_format is not None else None,
        "endpoint": getattr(each, "s3_endpoint_override", None) or None,
        "timestamp": each.timestamp_field or None,
        "created": each.created_timestamp_column or None,
        "columns": list((each.field_mapping or {}).items()),
    }


def function(each) -> dict:
    transformation = each.feature_transformation
    return {
        **about(each),
        "mode": str(getattr(each.mode, "value", each.mode)),
        "text": getattr(transformation, "udf_string", "") or "",
        "inputs": [
            {"view": projection.name, "features": [field.name for field in projection.features]}
            for projection in each.source_feature_view_projections.values()
        ],
        "request": [field for request in each.source_request_sources.values() for field in fields(request.schema)],
        "outputs": fields(each.features),
    }


def service(each) -> dict:
    return {
        **about(each),
        "features": [
            {
                "view": projection.name,
                "alias": projection.name_alias or None,
                "keys": dict(projection.join_key_map or {}),
                "features": [field.name for field in projection.features],
            }
            for projection in each.feature_view_projections
        ],
    }


def write(file: str, told: dict) -> None:
    Path(file).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
