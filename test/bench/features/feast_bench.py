"""Feast doing what Ratchet is timed at. `feast_bench.py MODE FOLDER …` with Parquet tables of tables.ts in FOLDER; prints one line of JSON.

history STORE VIEWS TIMES     get_historical_features(...).to_df() of entities.parquet over VIEWS views; STORE is file (Dask) or duckdb
materialize ONLINE            apply, then materialize of view_0 into ONLINE: sqlite or redis://HOST:PORT
online ONLINE ROWS CALLS      get_online_features in this process, one client
serve ONLINE PORT             the feature server, after materialize was run with the same FOLDER and ONLINE
"""
import json
import os
import resource
import sys
import time
import warnings

os.environ["FEAST_USAGE"] = "False"
warnings.filterwarnings("ignore")
import logging

logging.disable(logging.WARNING)
from datetime import datetime, timezone

import pandas as pd
import pyarrow.parquet as pq
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Float64

mode, folder, *rest = sys.argv[1:]
FROM, TO = datetime(2025, 1, 1, tzinfo=timezone.utc), datetime(2027, 1, 1, tzinfo=timezone.utc)


def store(offline="file", online="sqlite", registry=None):
    where = (
        {"type": "sqlite", "path": f"{folder}/online.db"}
        if online == "sqlite"
        else {"type": "redis", "connection_string": online.removeprefix("redis://")}
    )
    return FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry=registry or f"{folder}/registry-{offline}-{'sqlite' if online == 'sqlite' else 'redis'}.db",
            entity_key_serialization_version=3,
            offline_store={"type": offline},
            online_store=where,
        )
    )


def objects(views, served=True):
    key = Entity(name="key", join_keys=["key"], value_type=ValueType.INT64)
    all_views = []
    for index in range(views):
        path = f"{folder}/view_{index}.parquet"
        names = [name for name in pq.read_schema(path).names if name.startswith("f")]
        all_views.append(
            FeatureView(
                name=f"view_{index}",
                entities=[key],
                source=FileSource(path=path, timestamp_field="at", created_timestamp_column="created"),
                schema=[Field(name=name, dtype=Float64) for name in names],
                online=served,
            )
        )
    return [key, *all_views, FeatureService(name="all", features=all_views)]


def answer(ms, value, more=None):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": ms, "peakMb": peak, "answer": value, **(more or {})}))


if mode == "history":
    offline, views, times = rest[0], int(rest[1]), int(rest[2])
    feast = store(offline)
    feast.apply(objects(views))
    ms, found = [], 0
    for _ in range(times):
        begun = time.perf_counter()
        rows = pd.read_parquet(f"{folder}/entities.parquet").rename(columns={"t": "event_timestamp"})
        table = feast.get_historical_features(
            entity_df=rows, features=feast.get_feature_service("all"), full_feature_names=True
        ).to_df()
        ms.append((time.perf_counter() - begun) * 1000)
        found = len(table)
    answer(ms, found)
elif mode == "materialize":
    feast = store(online=rest[0])
    feast.apply(objects(1))
    begun = time.perf_counter()
    feast.materialize(FROM, TO)
    answer([(time.perf_counter() - begun) * 1000], 0)
elif mode == "online":
    online, rows, calls = rest[0], int(rest[1]), int(rest[2])
    feast = store(online=online)
    service = feast.get_feature_service("all")
    ms, found = [], 0
    for call in range(calls + 10):
        asked = [{"key": (call * 7919 + n * 104729) % 100_000} for n in range(rows)]
        begun = time.perf_counter()
        got = feast.get_online_features(features=service, entity_rows=asked).to_dict()
        if call >= 10:
            ms.append((time.perf_counter() - begun) * 1000)
        found = sum(value is not None for value in got["f0"])
    answer(ms, found)
elif mode == "serve":
    # More than a thousand requests are no reason for a new worker here.
    store(online=rest[0]).serve(
        max_requests=0, max_requests_jitter=0,
        host="127.0.0.1", port=int(rest[1]), type_="http", no_access_log=True, workers=1, metrics=False,
        keep_alive_timeout=60, tls_key_path="", tls_cert_path="", registry_ttl_sec=60,
    )
else:
    sys.exit(f"there is no mode {mode}")
