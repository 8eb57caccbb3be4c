"""Figures of Evidently 0.7.23 for two small tables. Run once:

    uv venv --python 3.11 ev && uv pip install --python ev/bin/python evidently==0.7.23 pandas==2.3.3 numpy==2.4.6 scipy==1.17.1 pyarrow
    ev/bin/python make.py

Writes current.parquet, reference.parquet (seeded, nobody's data) and golden.json beside this file.
"""
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from evidently import BinaryClassification, DataDefinition, Dataset, Regression, Report
from evidently.legacy.calculations.data_quality import _cramer_v
from evidently.legacy.metrics import DatasetSummaryMetric
from evidently.legacy.report import Report as LegacyReport
from evidently.presets import ClassificationPreset, DatasetStats, RegressionPreset, ValueStats

warnings.filterwarnings("ignore")
here = Path(__file__).parent


def table(seed: int, rows: int, shift: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    base = rng.normal(shift, 2, rows)
    late = (rng.random(rows) < 1 / (1 + np.exp(-base / 2))).astype(int)
    frame = pd.DataFrame(
        {
            "amount": np.exp(rng.normal(3 + shift, 1, rows)),
            "delay": np.where(rng.random(rows) < 0.12, np.nan, base),
            "doubled": base * 3 + rng.normal(0, 1, rows),
            "hour": rng.integers(0, 24, rows),
            "always": np.full(rows, 7),
            "nothing": np.full(rows, np.nan),
            "mostly": np.where(rng.random(rows) < 0.97, 1, 0),
            "carrier": rng.choice(["AA", "DL", "UA", "WN"], rows, p=[0.5, 0.3, 0.15, 0.05]),
            "origin": None,
            "late": late,
            "score": 1 / (1 + np.exp(-(base / 2 + rng.normal(0, 0.7, rows)))),
            "predicted": base * 3 + rng.normal(0.2, 2, rows),
        }
    )
    frame["origin"] = np.where(frame["carrier"] == "AA", "JFK", rng.choice(["EWR", "LGA", "JFK"], rows))
    frame.loc[rng.random(rows) < 0.05, "origin"] = None
    frame["amount_again"] = frame["amount"]
    frame.loc[rows - 40 :, :] = frame.loc[: 39, :].to_numpy()
    types = dict.fromkeys(["hour", "always", "mostly", "late"], "int64")
    return frame.astype({c: types.get(c, float) for c in frame if c not in ("carrier", "origin")})


def results(report) -> dict:
    return {m["metric_name"] if "metric_name" in m else m["metric_id"]: m["value"] for m in json.loads(report.json())["metrics"]}


current, reference = table(1, 1500, 0.4), table(2, 2000, 0.0)
current.to_parquet(here / "current.parquet", index=False)
reference.to_parquet(here / "reference.parquet", index=False)

numeric = ["amount", "delay", "doubled", "hour", "always", "mostly", "late", "score", "predicted", "amount_again"]
categorical = ["carrier", "origin"]
definition = DataDefinition(numerical_columns=numeric, categorical_columns=categorical)
golden: dict = {"versions": {"evidently": "0.7.23", "pandas": pd.__version__, "numpy": np.__version__}}
for name, frame in {"current": current, "reference": reference}.items():
    data = Dataset.from_pandas(frame, data_definition=definition)
    columns = {}
    for column in numeric + categorical:
        columns[column] = results(Report([ValueStats(column=column)]).run(data, None))
    legacy = LegacyReport(metrics=[DatasetSummaryMetric()])
    legacy.run(current_data=frame, reference_data=None)
    summary = legacy.as_dict()["metrics"][0]["result"]["current"]
    varied = [c for c in numeric if frame[c].nunique() > 1]
    golden[name] = {
        "dataset": results(Report([DatasetStats()]).run(data, None)),
        "summary": {k: int(v) for k, v in summary.items() if k.startswith("number_of") and not isinstance(v, dict)},
        "columns": columns,
        "pearson": frame[varied].corr("pearson").to_dict(),
        "spearman": frame[varied].corr("spearman").to_dict(),
        "cramer_v": _cramer_v(frame["carrier"], frame["origin"]),
    }
    binary = frame[["late", "score"]].copy()
    labelled = Dataset.from_pandas(
        binary,
        data_definition=DataDefinition(
            classification=[BinaryClassification(target="late", prediction_probas="score", pos_label=1)],
            categorical_columns=["late"],
            numerical_columns=["score"],
        ),
    )
    golden[name]["classification"] = results(Report([ClassificationPreset(probas_threshold=0.5)]).run(labelled, None))
    numbers = Dataset.from_pandas(
        frame[["doubled", "predicted"]].copy(),
        data_definition=DataDefinition(
            regression=[Regression(target="doubled", prediction="predicted")], numerical_columns=["doubled", "predicted"]
        ),
    )
    golden[name]["regression"] = results(Report([RegressionPreset()]).run(numbers, None))

(here / "golden.json").write_text(json.dumps(golden, indent=1, default=str) + "\n")
