"""Makes untuned.* with Great Expectations itself: other data, other arguments, nulls, infinities, edge values.

pip install great-expectations==1.24.1 pandas==3.1.1 numpy==2.4.6 pyarrow
python make_untuned.py   # writes beside itself
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
rng = np.random.default_rng(20261)
n = 160


def some(values, share):
    values = np.asarray(values, dtype=object)
    values[rng.random(n) < share] = None
    return values


words = ["alpha", "Beta", "gamma delta", "éclair", "Ωmega", "x", "", "naïve café", "zeta\n", "A1-b2", "٤٢", "日本", "o'neil", "a\tb", "under_score", "10", "1e5", "[1, 2]", '{"k": null}', "NaN", "true", '"q"', "{bad", "-Infinity"]
stamps = ["2024-02-29", "29/02/2023", "2024-1-5", "Jan 5, 2024", "05-JAN-24", "13:45", "2024-06-31", "20240105", "yesterday", "5 o'clock", "2024-01-05T10:11:12Z", "2024-01-05 10:11:12.5", "12:61", "", "1/2/3", "10am", "3rd of May 2001", "2024-W05"]
numbers = pd.Series(np.round(rng.normal(10, 4, n), 2))
numbers[rng.random(n) < 0.1] = np.nan
df = pd.DataFrame(
    {
        "key": np.arange(n) + 1,
        "grp": rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]),
        "num": numbers,
        "wild": np.where(rng.random(n) < 0.03, np.inf, np.where(rng.random(n) < 0.03, -np.inf, rng.normal(0, 1, n))),
        "count": rng.integers(0, 6, n),
        "maybe": pd.Series(some(rng.integers(-3, 4, n), 0.2), dtype="float64"),
        "word": pd.Series(some(rng.choice(words, n), 0.1), dtype="str"),
        "stamp": pd.Series(some(rng.choice(stamps, n), 0.05), dtype="str"),
        "flag": rng.random(n) < 0.4,
        "when": pd.Timestamp("2023-11-30") + pd.to_timedelta(np.sort(rng.integers(0, 90 * 24, n)), unit="h"),
        "day": pd.to_datetime(pd.Series(some(pd.date_range("2024-01-01", periods=n).to_numpy(), 0.15))),
        "one": 3,
        "left": rng.integers(0, 4, n).astype(float),
        "right": rng.integers(0, 4, n).astype(float),
        "tiny": rng.normal(0, 1e-9, n).astype("float32"),
        "big": rng.integers(2**53 - 100, 2**53, n),
    }
)
df["rest"] = 10 - df["left"] - df["right"]
df.loc[rng.random(n) < 0.1, "left"] = np.nan
df.loc[rng.random(n) < 0.1, "right"] = np.nan
df.loc[rng.random(n) < 0.05, "rest"] += 0.5
df["left_word"] = np.where(df["flag"], df["grp"], "z")

suite = []
refused = []
add = lambda type, **kwargs: suite.append((type, kwargs))
cmp = lambda column, operator, parameter: {"type": "comparison", "column": {"name": column}, "operator": operator, "parameter": parameter}
null = lambda column, is_null: {"type": "nullity", "column": {"name": column}, "is_null": is_null}
conditions = [
    cmp("grp", "==", "b"), cmp("grp", "!=", "a"), cmp("num", "!=", 10.0), cmp("word", "!=", "x"), cmp("maybe", "NOT_IN", [0, 1]), cmp("count", "IN", [1, 2, 9]), cmp("flag", "==", True),
    null("maybe", True), null("word", False), {"type": "and", "conditions": [cmp("count", ">=", 2), cmp("num", "<", 12.5)]},
    {"type": "or", "conditions": [cmp("grp", "==", "c"), {"type": "and", "conditions": [null("num", True), cmp("count", "<", 4)]}]},
]
queries = ["count >= 2 and not flag", "grp in ['a', 'c'] & num > 9.5", "1 < count <= 4", "maybe.isnull() or grp == \"b\"", "~(count == 3) and left >= right", "maybe != 2"]

for column in df.columns:
    add("expect_column_values_to_not_be_null", column=column)
    add("expect_column_values_to_not_be_null", column=column, mostly=0.9)
    add("expect_column_values_to_be_null", column=column, mostly=0.1)
    add("expect_column_values_to_be_unique", column=column)
    for kind in ["min", "max"]:
        add(f"expect_column_{kind}_to_be_between", column=column)
    add("expect_column_unique_value_count_to_be_between", column=column, min_value=2, max_value=50)
    add("expect_column_proportion_of_unique_values_to_be_between", column=column, max_value=0.5, strict_max=True)
    add("expect_column_proportion_of_non_null_values_to_be_between", column=column, min_value=0.85)
    add("expect_column_most_common_value_to_be_in_set", column=column, value_set=["a", 3, True, 0], ties_okay=True)
for column in ["num", "wild", "count", "maybe", "flag", "one", "tiny", "big", "left"]:
    for kind, low, high in [("mean", 0, 11), ("median", 1, 10), ("sum", 0, 2000), ("stdev", 0.1, 5)]:
        add(f"expect_column_{kind}_to_be_between", column=column, min_value=low, max_value=high)
        add(f"expect_column_{kind}_to_be_between", column=column, max_value=high, strict_max=True, row_condition=conditions[0])
    add("expect_column_values_to_be_between", column=column, min_value=0, max_value=10)
    add("expect_column_values_to_be_between", column=column, min_value=0, strict_min=True, mostly=0.5)
    add("expect_column_quantile_values_to_be_between", column=column, quantile_ranges={"quantiles": [0, 0.05, 0.29, 0.5, 0.71, 0.95, 1], "value_ranges": [[None, 0], [-5, 3], [0, 9], [1, 11], [None, 13], [2, None], [None, None]]})
    for method in ["linear", "lower", "higher", "midpoint"]:
        add("expect_column_quantile_values_to_be_between", column=column, quantile_ranges={"quantiles": [0.1, 1 / 3, 0.62], "value_ranges": [[0, 5], [0, 9], [1, 11]]}, allow_relative_error=method)
    add("expect_column_value_z_scores_to_be_less_than", column=column, threshold=2, double_sided=True, mostly=0.9)
    add("expect_column_value_z_scores_to_be_less_than", column=column, threshold=-1.5, double_sided=False)
    add("expect_column_values_to_be_increasing", column=column, mostly=0.4)
    add("expect_column_values_to_be_decreasing", column=column, strictly=True)
    add("expect_column_values_to_be_in_set", column=column, value_set=[1, 2.5, True, "3", 3])
    add("expect_column_values_to_match_regex", column=column, regex=r"^-?\d\.\d")
    add("expect_column_value_lengths_to_be_between", column=column, min_value=2, max_value=4)
for column in ["when", "day"]:
    add("expect_column_values_to_be_between", column=column, min_value="2024-01-01", max_value="2024-02-15T12:00:00")
    add("expect_column_values_to_be_between", column=column, max_value="2024-01-31", strict_max=True, mostly=0.3)
    add("expect_column_max_to_be_between", column=column, max_value="2024-03-01")
    add("expect_column_min_to_be_between", column=column, min_value="2023-12-01T00:00:00", strict_min=True)
    add("expect_column_mean_to_be_between", column=column)
    add("expect_column_median_to_be_between", column=column)
    add("expect_column_values_to_be_increasing", column=column, strictly=True)
    add("expect_column_values_to_match_regex", column=column, regex="^2024-0[12]")
    add("expect_column_values_to_match_regex", column=column, regex=":")
    add("expect_column_value_lengths_to_equal", column=column, value=10)
    add("expect_column_values_to_not_be_in_set", column=column, value_set=["2024-01-03", "2024-01-05"])
for regex in [r"\bcafé", r"^\w+$", r"(?i)^B", r"\s", r"[^\W\d_]", r"(.)\1", r"(?<!a)l", r"^$", r"a$", r"^(?P<q>\").*(?P=q)$", r"\d", r"[αΩ]", r"e{2}|1e", r"^.{1,5}$", r"\.", r"(?s)a.+b", r"^[\w '-]+\Z"]:
    add("expect_column_values_to_match_regex", column="word", regex=regex, mostly=0.2)
    add("expect_column_values_to_not_match_regex", column="word", regex=regex)
add("expect_column_values_to_match_regex_list", column="word", regex_list=["a", r"\d"], match_on="any")
add("expect_column_values_to_match_regex_list", column="word", regex_list=["a", "e"], match_on="all", mostly=0.1)
add("expect_column_values_to_not_match_regex_list", column="word", regex_list=["a", r"^\d"])
add("expect_column_values_to_be_json_parseable", column="word", mostly=0.2)
add("expect_column_values_to_be_json_parseable", column="count")
for column in ["stamp", "word"]:
    add("expect_column_values_to_be_dateutil_parseable", column=column, mostly=0.5)
    for format in ["%Y-%m-%d", "%d/%m/%Y", "%b %d, %Y", "%d-%b-%y", "%H:%M", "%Y%m%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S.%f", "%I%p", "%m/%d/%y", "%j"]:
        add("expect_column_values_to_match_strftime_format", column=column, strftime_format=format, mostly=0.05)
add("expect_column_values_to_match_strftime_format", column="num", strftime_format="%Y")
add("expect_column_values_to_be_increasing", column="word")
add("expect_column_mean_to_be_between", column="word", min_value=0)
add("expect_column_sum_to_be_between", column="day", min_value=0)
add("expect_column_values_to_be_between", column="word", min_value=1)
add("expect_column_values_to_be_between", column="num", min_value=5, max_value=1)
for column in ["word", "grp"]:
    add("expect_column_value_lengths_to_be_between", column=column, min_value=1, max_value=5, strict_min=True, strict_max=True)
    add("expect_column_value_lengths_to_equal", column=column, value=1, mostly=0.4)
    add("expect_column_values_to_be_in_set", column=column, value_set=["a", "b", "x", None, 10])
    add("expect_column_values_to_not_be_in_set", column=column, value_set=["a", "10", None], mostly=0.3)
for column, values in [("grp", ["a", "b", "c"]), ("grp", ["a", "b", "d"]), ("count", [0, 1, 2, 3, 4, 5, 6]), ("flag", [True]), ("maybe", [0, None]), ("word", ["x", "", 5])]:
    add("expect_column_distinct_values_to_be_in_set", column=column, value_set=values)
    add("expect_column_distinct_values_to_contain_set", column=column, value_set=values)
    add("expect_column_distinct_values_to_equal_set", column=column, value_set=values)
    add("expect_column_most_common_value_to_be_in_set", column=column, value_set=values)
for type in ["int64", "int", "float", "float64", "str", "bool", "datetime64", "float32", "object", "Timestamp"]:
    for column in ["count", "num", "word", "flag", "when", "tiny"]:
        add("expect_column_values_to_be_of_type", column=column, type_=type)
        if type != "str":
            add("expect_column_values_to_be_in_type_list", column=column, type_list=[type])
for condition in conditions:
    add("expect_column_values_to_be_between", column="num", min_value=8, max_value=14, row_condition=condition)
    add("expect_column_values_to_be_unique", column="word", row_condition=condition)
    add("expect_column_max_to_be_between", column="count", max_value=4, row_condition=condition)
    add("expect_table_row_count_to_be_between", min_value=20, max_value=90, row_condition=condition)
    add("expect_column_pair_values_a_to_be_greater_than_b", column_A="num", column_B="count", row_condition=condition, mostly=0.9)
    add("expect_column_values_to_be_increasing", column="when", strictly=True, row_condition=condition)
    add("expect_column_distinct_values_to_contain_set", column="grp", value_set=["a", "c"], row_condition=condition)
for query in queries:
    add("expect_column_values_to_not_be_null", column="maybe", row_condition=query, condition_parser="pandas")
    add("expect_table_row_count_to_equal", value=40, row_condition=query, condition_parser="pandas")
    add("expect_compound_columns_to_be_unique", column_list=["grp", "count", "flag"], row_condition=query, condition_parser="pandas")
add("expect_column_values_to_be_between", column="num", min_value=8, row_condition='col("grp") == "b"', condition_parser="great_expectations")
add("expect_column_values_to_be_between", column="num", min_value=8, row_condition='col("count") >= 3', condition_parser="great_expectations")
for ignore in ["both_values_are_missing", "either_value_is_missing", "neither"]:
    for mostly in [1, 0.4]:
        add("expect_column_pair_values_a_to_be_greater_than_b", column_A="left", column_B="right", ignore_row_if=ignore, mostly=mostly)
        add("expect_column_pair_values_a_to_be_greater_than_b", column_A="left", column_B="right", or_equal=True, ignore_row_if=ignore, mostly=mostly)
        add("expect_column_pair_values_to_be_equal", column_A="left", column_B="right", ignore_row_if=ignore, mostly=mostly)
        add("expect_column_pair_values_to_be_in_set", column_A="left", column_B="right", value_pairs_set=[(0, 1), (2, 2), (3, 0), (None, 1), (1, "x")], ignore_row_if=ignore, mostly=mostly)
add("expect_column_pair_values_to_be_equal", column_A="grp", column_B="left_word")
add("expect_column_pair_values_to_be_equal", column_A="grp", column_B="count")
add("expect_column_pair_values_a_to_be_greater_than_b", column_A="left_word", column_B="grp", or_equal=True)
add("expect_column_pair_values_a_to_be_greater_than_b", column_A="when", column_B="day", mostly=0.1)
for ignore in ["all_values_are_missing", "any_value_is_missing", "never"]:
    add("expect_multicolumn_sum_to_equal", column_list=["left", "right", "rest"], sum_total=10, ignore_row_if=ignore, mostly=0.8)
    add("expect_compound_columns_to_be_unique", column_list=["left", "right", "count"], ignore_row_if=ignore)
    add("expect_select_column_values_to_be_unique_within_record", column_list=["left", "right", "count"], ignore_row_if=ignore, mostly=0.3)
    add("expect_select_column_values_to_be_unique_within_record", column_list=["grp", "left_word"], ignore_row_if=ignore)
for tail in [0, 0.05]:
    add("expect_column_kl_divergence_to_be_less_than", column="grp", partition_object={"values": ["a", "b"], "weights": [0.7, 0.3]}, threshold=0.2, tail_weight_holdout=tail)
    add("expect_column_kl_divergence_to_be_less_than", column="count", partition_object={"values": [0, 1, 2, 3, 4, 5, 7], "weights": [0.15, 0.15, 0.15, 0.15, 0.15, 0.15, 0.1]}, threshold=0.1, tail_weight_holdout=tail)
    add("expect_column_kl_divergence_to_be_less_than", column="num", partition_object={"bins": [0, 5, 10, 15, 20], "weights": [0.2, 0.4, 0.2, 0.2]}, threshold=0.5, tail_weight_holdout=tail)
    add("expect_column_kl_divergence_to_be_less_than", column="num", partition_object={"bins": [2, 5, 10, 15], "weights": [0.3, 0.7, 0.0]}, threshold=0.5, tail_weight_holdout=tail, internal_weight_holdout=0.1)
add("expect_column_kl_divergence_to_be_less_than", column="num", partition_object={"bins": [5, 10, 15], "weights": [0.4, 0.4], "tail_weights": [0.1, 0.1]}, threshold=None)
add("expect_table_column_count_to_be_between", min_value=10, max_value=18)
add("expect_table_column_count_to_equal", value=len(df.columns))
add("expect_table_columns_to_match_ordered_list", column_list=list(df.columns))
add("expect_table_columns_to_match_ordered_list", column_list=list(df.columns)[::-1])
add("expect_table_columns_to_match_set", column_set=[*df.columns, "none"], exact_match=False)
add("expect_table_columns_to_match_set", column_set=["key"])
add("expect_column_to_exist", column="num", column_index=2)
add("expect_column_to_exist", column="num", column_index=-1)
add("expect_column_to_exist", column="num", column_index=99)
add("expect_column_values_to_be_unique", column="gone")
add("expect_column_mean_to_be_between", column="gone")

df.to_parquet(here / "untuned.parquet", index=False)
df = pd.read_parquet(here / "untuned.parquet")
expectations = []
for i, (type, kwargs) in enumerate(suite):
    expectations.append({"type": type, "kwargs": kwargs, "meta": {}, "id": str(uuid.UUID(int=i + 1)), "severity": "critical"})
built = ExpectationSuite(name="untuned", expectations=expectations)
context = gx.get_context(mode="ephemeral")
batch = context.data_sources.add_pandas("pd").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b").get_batch({"dataframe": df})
context.variables.progress_bars = {"globally": False, "metric_calculations": False}
exported = built.to_json_dict()
(here / "untuned.suite.json").write_text(json.dumps(exported, ensure_ascii=False, separators=(",", ":")))


def plain(value):
    if isinstance(value, dict):
        return {k: ("<cut>" if k == "exception_traceback" and v else plain(v)) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value.item() if isinstance(value, np.generic) else value


for format in ["SUMMARY", "COMPLETE"]:
    result = plain(batch.validate(built, result_format=format).to_json_dict())
    for each in result["results"]:
        each["result"].pop("unexpected_index_query", None)
        each.pop("meta", None)
        each["expectation_config"] = {key: each["expectation_config"][key] for key in ["id", "type", "kwargs"]}
        each["expectation_config"]["kwargs"].pop("batch_id", None)
    if format == "COMPLETE":
        # The whole lists, of every third: the file stays small.
        result["results"] = result["results"][::3]
    (here / f"untuned.{format}.result.json").write_text(json.dumps({"result_format": format, "validation_result": result}, ensure_ascii=False, separators=(",", ":")))
    print(format, result["statistics"])
