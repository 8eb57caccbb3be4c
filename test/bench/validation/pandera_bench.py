"""pandera: `pandera_bench.py TIMES FILE`. The same checks as a schema; the rounds are of data in memory."""
import json
import resource
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import pandas as pd
import pandera.pandas as pa

times, path = int(sys.argv[1]), sys.argv[2]
frame = pd.read_parquet(path)
many = lambda check: pa.Check(check, element_wise=False)
schema = pa.DataFrameSchema(
    {
        "n0": pa.Column(float, nullable=False),
        "n1": pa.Column(float, many(lambda s: (s.dropna().between(-10, 10)).mean() >= 0.99), nullable=True),
        "i14": pa.Column(checks=pa.Check.in_range(0, 300), nullable=True),
        "s17": pa.Column(checks=pa.Check.isin([f"c{i}" for i in range(20)]), nullable=True),
        "s18": pa.Column(checks=[pa.Check.str_matches(r"^c\d+$"), pa.Check.str_length(2, 4)], nullable=True),
        "n2": pa.Column(float, many(lambda s: -1 <= s.mean() <= 1), nullable=True),
        "n3": pa.Column(float, many(lambda s: 0 <= s.max() <= 20), nullable=True),
        "n5": pa.Column(float, many(lambda s: 0.5 <= s.std() <= 2), nullable=True),
        "s19": pa.Column(checks=many(lambda s: 1 <= s.nunique() <= 100), nullable=True),
    },
    strict=False,
)
ms = []
for _ in range(times):
    start = time.perf_counter()
    schema.validate(frame, lazy=True)
    ms.append((time.perf_counter() - start) * 1000)
print(json.dumps({"ms": ms, "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "answer": 10}))
