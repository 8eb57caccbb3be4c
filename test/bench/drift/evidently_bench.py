"""Evidently's data drift preset: `evidently_bench.py TIMES REFERENCE CURRENT`. Imports are not counted, reading the files is."""
import json
import os
import resource
import sys
import time
import warnings

os.environ["DO_NOT_TRACK"] = "1"
warnings.filterwarnings("ignore")
import pandas as pd
from evidently import Dataset, Report
from evidently.presets import DataDriftPreset

times, reference, current = int(sys.argv[1]), sys.argv[2], sys.argv[3]
ms = []
for _ in range(times):
    start = time.perf_counter()
    tables = [Dataset.from_pandas(pd.read_parquet(path)) for path in (current, reference)]
    result = Report([DataDriftPreset()]).run(*tables).dict()
    ms.append((time.perf_counter() - start) * 1000)
drifted = next(m for m in result["metrics"] if "DriftedColumnsCount" in m["metric_name"])["value"]["count"]
print(json.dumps({"ms": ms, "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "answer": drifted}))
