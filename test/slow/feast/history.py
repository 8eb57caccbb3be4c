"""What Feast's DuckDB store says of generated tables: history.py CASES, a file of JSON lines; each case's answer goes to its `to`, as Parquet."""
import json
import os
import sys
import tempfile
import warnings

os.environ["FEAST_USAGE"] = "False"
warnings.filterwarnings("ignore")
import logging

logging.disable(logging.WARNING)
from datetime import timedelta

import pandas as pd
import pyarrow.parquet as pq
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Float64, Int64, String

key = Entity(name="key", join_keys=["key"], value_type=ValueType.INT64)
fields = {"whole": Int64, "fraction": Float64, "word": String}
with tempfile.TemporaryDirectory() as scratch:
    store = FeatureStore(
        config=RepoConfig(
            project="cases",
            provider="local",
            registry=f"{scratch}/registry.db",
            entity_key_serialization_version=3,
            offline_store={"type": "duckdb"},
            online_store={"type": "sqlite", "path": f"{scratch}/online.db"},
        )
    )
    for line in open(sys.argv[1], encoding="utf-8"):
        case = json.loads(line)
        views = [
            FeatureView(
                name=view["name"],
                entities=[key],
                ttl=timedelta(minutes=view["ttl"]),
                source=FileSource(
                    path=view["file"], timestamp_field="at", created_timestamp_column="created" if view["created"] else ""
                ),
                schema=[Field(name="key", dtype=Int64), *(Field(name=name, dtype=dtype) for name, dtype in fields.items())],
                online=False,
            )
            for view in case["views"]
        ]
        store.apply([key, *views])
        rows = pd.read_parquet(case["rows"]).rename(columns={"at": "event_timestamp"})
        # Not to_df(), which makes floats of whole numbers where one is null.
        answer = store.get_historical_features(
            entity_df=rows,
            features=[f"{view.name}:{name}" for view in views for name in fields],
            full_feature_names=True,
            filter_by_created_timestamp=case["written"],
        ).to_arrow()
        pq.write_table(answer, case["to"])
