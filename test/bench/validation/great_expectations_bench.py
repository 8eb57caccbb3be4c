"""Great Expectations: `great_expectations_bench.py TIMES FILE SUITE`. The rounds are of data in memory; the process reads them once."""
import json
import logging
import resource
import sys
import time
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
import great_expectations as gx
import pandas as pd
from great_expectations.core.expectation_suite import ExpectationSuite

times, path, suite = int(sys.argv[1]), sys.argv[2], json.load(open(sys.argv[3]))
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False, "metric_calculations": False}
frame = pd.read_parquet(path)
batch = (
    context.data_sources.add_pandas("bench")
    .add_dataframe_asset("table")
    .add_batch_definition_whole_dataframe("all")
    .get_batch({"dataframe": frame})
)
ms = []
for _ in range(times):
    start = time.perf_counter()
    result = batch.validate(ExpectationSuite(name="bench", expectations=suite["expectations"]), result_format="SUMMARY")
    ms.append((time.perf_counter() - start) * 1000)
good = result.to_json_dict()["statistics"]["successful_expectations"]
print(json.dumps({"ms": ms, "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "answer": good}))
