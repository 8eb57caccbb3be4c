"""Makes order.* with Great Expectations itself: unexpected values whose order differs by who sorts them.

pip install great-expectations==1.24.1 pandas==3.1.1 numpy==2.4.6 pyarrow
python make_order.py   # writes beside itself
"""
import json
import logging
import pathlib
import uuid
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
import numpy as np
import pandas as pd
import great_expectations as gx
from great_expectations.core.expectation_suite import ExpectationSuite

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(20262)
n = 240
# Full-width letters and private-use characters come before emoji by code point, and after them by UTF-16 unit.
words = ["\uff21", "\U0001f600", "\ufffd", "\U00010000", "\ue000x", "a\U0001f680", "a\uff5a", "a", "A", "", "Z", "é", "e\u0301", "10", "9", "-1", "aa", "\u65e5\u672c", "\U0002070e", "ß", "ss", " ", "\U0001f600a", "\U0001f600\uff21"]
df = pd.DataFrame(
    {
        "word": pd.Series(rng.choice(words, n), dtype="str"),
        "digits": pd.Series(rng.choice(["10", "9", "-2", "-10", "9007199254740993", "10000000000000000000", "Infinity", "a"], n), dtype="str"),
        "huge": rng.choice(np.array([9007199254740993, 9007199254740995, -9007199254740993, -9007199254740995, 12, -3, 1000000000000000000, 9], dtype="int64"), n),
        "wild": rng.choice([np.inf, -np.inf, 2.5, -3.0, 10.0, 9.0], n),
    }
)
other = pd.Series(rng.choice(words, n), dtype="str")
df["other"] = other.where(rng.random(n) > 0.5, df["word"])
suite = []
add = lambda type, **kwargs: suite.append((type, kwargs))
for column in ["word", "digits", "other"]:
    for low in [0, 1, 2]:
        add("expect_column_value_lengths_to_be_between", column=column, min_value=low + 1, max_value=low + 1)
    for regex in ["a", "^.$", r"^\d+$", "[\U0001f600\uff21]", "$^"]:
        add("expect_column_values_to_match_regex", column=column, regex=regex)
        add("expect_column_values_to_not_match_regex", column=column, regex=regex)
    add("expect_column_values_to_be_unique", column=column)
    for few in [["a"], words[:3], words[5:], ["10", "9"]]:
        add("expect_column_values_to_be_in_set", column=column, value_set=few)
        add("expect_column_values_to_not_be_in_set", column=column, value_set=few)
for column in ["huge", "wild"]:
    add("expect_column_values_to_be_unique", column=column)
    add("expect_column_values_to_be_in_set", column=column, value_set=[9])
    add("expect_column_values_to_be_between", column=column, min_value=10, max_value=11)
add("expect_column_pair_values_a_to_be_greater_than_b", column_A="word", column_B="other")
add("expect_column_pair_values_a_to_be_greater_than_b", column_A="other", column_B="word", or_equal=True)
add("expect_column_pair_values_to_be_equal", column_A="word", column_B="other")
add("expect_compound_columns_to_be_unique", column_list=["word", "digits"])

df.to_parquet(here / "order.parquet", index=False)
df = pd.read_parquet(here / "order.parquet")
expectations = [
    {"type": type, "kwargs": kwargs, "meta": {}, "id": str(uuid.UUID(int=i + 1)), "severity": "critical"}
    for i, (type, kwargs) in enumerate(suite)
]
built = ExpectationSuite(name="order", expectations=expectations)
context = gx.get_context(mode="ephemeral")
batch = context.data_sources.add_pandas("pd").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b").get_batch({"dataframe": df})
context.variables.progress_bars = {"globally": False, "metric_calculations": False}
(here / "order.suite.json").write_text(json.dumps(built.to_json_dict(), ensure_ascii=False, separators=(",", ":")))


def plain(value):
    if isinstance(value, dict):
        return {k: ("<cut>" if k == "exception_traceback" and v else plain(v)) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    # As texts: a reader in JavaScript would round them.
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and abs(int(value)) > 2**53:
        return str(value)
    return value.item() if isinstance(value, np.generic) else value


result = plain(batch.validate(built, result_format="SUMMARY").to_json_dict())
for each in result["results"]:
    each["result"].pop("unexpected_index_query", None)
    each.pop("meta", None)
    each["expectation_config"] = {key: each["expectation_config"][key] for key in ["id", "type", "kwargs"]}
    each["expectation_config"]["kwargs"].pop("batch_id", None)
(here / "order.SUMMARY.result.json").write_text(json.dumps({"result_format": "SUMMARY", "validation_result": result}, ensure_ascii=False, separators=(",", ":")))
print(result["statistics"])
