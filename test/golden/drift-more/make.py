"""Golden drift cases beyond those of ../drift: other seeds, sizes, distributions and types, by Evidently itself.

    uv venv evenv && uv pip install -p evenv evidently==0.7.23 pandas==2.3.3 scipy==1.17.1 numpy==2.4.6 pyarrow
    PYTHONHASHSEED=0 evenv/bin/python make.py

Types are left to Evidently's own inference. Writes golden.json and the tables beside it.
"""
import json
import os
import warnings

os.environ["DO_NOT_TRACK"] = "1"
warnings.filterwarnings("ignore")
import numpy as np
import pandas as pd
import scipy
from evidently import Dataset, Report
from evidently.core.datasets import infer_column_type
from evidently.legacy.calculations.stattests import get_stattest
from evidently.legacy.core import ColumnType
from evidently.presets import DataDriftPreset

here = os.path.dirname(os.path.abspath(__file__))
NUMBERS = ["ks", "wasserstein", "jensenshannon", "psi", "kl_div", "hellinger", "anderson", "cramer_von_mises", "mannw", "t_test", "ed"]
CATEGORIES = ["chisquare", "z", "jensenshannon", "psi", "kl_div", "hellinger", "TVD", "fisher_exact"]


def numbers(rng, n, shift):
    return pd.DataFrame(
        {
            "lognormal": rng.lognormal(0.1 * shift, 1.5, n),
            "heavy": rng.standard_cauchy(n) + shift,
            "negative": -np.abs(rng.normal(5, 2 + shift, n)),
            "offset": 1e9 + rng.normal(0, 1, n) + shift,
            "tiny": rng.normal(0, 1e-7, n),
            "rounded": np.round(rng.normal(shift, 1, n), 1),
            "bimodal": np.where(rng.random(n) < 0.5 + 0.1 * shift, rng.normal(-3, 1, n), rng.normal(3, 1, n)),
            "wide_ints": rng.integers(-(10**6), 10**6, n),
            "seven_ints": rng.integers(0, 7, n),
            "twelve_ints": rng.integers(0, 12, n),
            "five_floats": rng.integers(0, 5, n) / 4,
            "two_floats": rng.integers(0, 2, n) * 1.5,
            "gone": np.where(rng.random(n) < 0.3, np.nan, rng.normal(0, 1, n)),
            "infinite": np.where(rng.random(n) < 0.02, np.inf, rng.normal(shift, 1, n)),
            "mostly_zero": np.where(rng.random(n) < 0.9, 0.0, rng.exponential(1 + shift, n)),
            "same_day": 1.4e12 + rng.integers(0, 86_400_000, n).astype(float),
        }
    )


def categories(rng, n, shift):
    zipf = np.minimum(rng.zipf(1.6 + 0.1 * shift, n), 60)
    return pd.DataFrame(
        {
            "coin": rng.choice(["heads", "tails"], n, p=[0.5 + 0.05 * shift, 0.5 - 0.05 * shift]),
            "truth": rng.random(n) < 0.4 + 0.1 * shift,
            "zipf": np.char.add("v", zipf.astype(str)),
            "accents": rng.choice(["é", "e", "ß", "日本", "👍"], n),
            "some_missing": pd.Series(rng.choice(["a", "b", "c", None], n), dtype=object),
            "unseen": rng.choice(["a", "b", "new"] if shift else ["a", "b", "c"], n),
        }
    )


CASES = {
    "num_7_5": (numbers, 7, 5, 11, 0),
    "num_20_20": (numbers, 20, 20, 12, 0.5),
    "num_100_100": (numbers, 100, 100, 13, 0.3),
    "num_137_911": (numbers, 137, 911, 14, 0.1),
    "num_999_1001": (numbers, 999, 1001, 15, 0.05),
    "num_1001_40": (numbers, 1001, 40, 16, 0.2),
    "num_800_12000": (numbers, 800, 12000, 17, 0.05),
    "num_12000_11000": (numbers, 12000, 11000, 18, 0.02),
    "cat_9_8": (categories, 9, 8, 21, 0),
    "cat_50_50": (categories, 50, 50, 22, 1),
    "cat_1000_333": (categories, 1000, 333, 23, 1),
    "cat_1001_5000": (categories, 1001, 5000, 24, 0),
    "cat_4000_4000": (categories, 4000, 4000, 25, 1),
}


def number(value):
    value = float(value)
    return value if np.isfinite(value) else str(value)


def forced(reference, current, kind, method):
    try:
        result = get_stattest(reference, current, kind, method)(reference.copy(), current.copy(), kind, None)
        return {"value": number(result.drift_score), "drifted": bool(result.drifted), "threshold": result.actual_threshold}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:160]}


def measure(reference, current):
    preset = {}
    for column in current:
        if infer_column_type(current[column]) not in (ColumnType.Numerical, ColumnType.Categorical):
            continue
        report = Report([DataDriftPreset(columns=[column])], include_tests=True)
        try:
            run = report.run(Dataset.from_pandas(current), Dataset.from_pandas(reference)).dict()
        except Exception as error:
            preset[column] = {"error": f"{type(error).__name__}: {error}"[:160]}
            continue
        value = next(m for m in run["metrics"] if "ValueDrift" in m["metric_name"])
        test = next(t for t in run["tests"] if t["name"].startswith("Value Drift"))
        status = test["status"]
        preset[column] = {
            "title": value["config"]["method"],
            "threshold": value["config"]["threshold"],
            "value": number(value["value"]),
            "drifted": (status if isinstance(status, str) else status.value) == "FAIL",
        }
    explicit = {}
    for column in current:
        a = reference[column].replace([-np.inf, np.inf], np.nan).dropna()
        b = current[column].replace([-np.inf, np.inf], np.nan).dropna()
        kind = infer_column_type(current[column])
        if kind not in (ColumnType.Numerical, ColumnType.Categorical) or a.empty or b.empty:
            continue
        methods = NUMBERS if kind == ColumnType.Numerical else CATEGORIES
        explicit[column] = {"kind": kind.value, "methods": {m: forced(a, b, kind, m) for m in methods}}
    return {"preset": preset, "explicit": explicit}


cases = {}
for name, (make, n, m, seed, shift) in CASES.items():
    rng = np.random.default_rng(seed)
    tables = [("reference", make(rng, n, 0)), ("current", make(rng, m, shift))]
    read = []
    for side, table in tables:
        path = os.path.join(here, f"{name}.{side}.parquet")
        table.to_parquet(path, index=False, compression="zstd")
        read.append(pd.read_parquet(path))
    cases[name] = measure(*read)
    print(name, flush=True)
json.dump(
    {"evidently": "0.7.23", "scipy": scipy.__version__, "numpy": np.__version__, "pandas": pd.__version__, "cases": cases},
    open(os.path.join(here, "golden.json"), "w"),
    indent=1,
)
