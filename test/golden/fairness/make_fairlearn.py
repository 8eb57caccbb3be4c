"""
Reference figures of fairness: what fairlearn says of the employment model by sex, by race and by both.

    pip install fairlearn==0.15.0 pyarrow
    pip download --no-deps nannyml==0.13.1 && unzip nannyml-*.whl -d wheel
    python make_fairlearn.py wheel/nannyml/datasets/data
"""
import json
import sys

import fairlearn
import numpy
import pandas
import sklearn
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equal_opportunity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from sklearn.metrics import accuracy_score, precision_score

LEAST_ROWS = 100
folder = sys.argv[1]
rows = pandas.read_parquet(f"{folder}/employment_MA_analysis.pq").merge(
    pandas.read_parquet(f"{folder}/employment_MA_analysis_target.pq"), on="id", validate="one_to_one"
)
rows = rows[["SEX", "RAC1P", "prediction", "employed"]].astype(
    {"SEX": str, "RAC1P": str, "prediction": "int8", "employed": "int8"}
)
rows.to_parquet("employment.parquet", compression="zstd", index=False)

# No column of the data is a weight: 0, 1, 2, 3, 4 and again.
weights = pandas.Series(numpy.arange(len(rows)) % 5, index=rows.index)
metrics = {
    "selection_rate": selection_rate,
    "true_positive_rate": true_positive_rate,
    "false_positive_rate": false_positive_rate,
    "precision": precision_score,
    "accuracy": accuracy_score,
}


def measured(kept, sensitive, weight):
    """Of the rows of groups that are large enough."""
    named = {name: {"sample_weight": weight} for name in metrics} if weight is not None else None
    frame = MetricFrame(
        metrics=metrics, y_true=kept.employed, y_pred=kept.prediction, sensitive_features=sensitive, sample_params=named
    )
    asked = {"y_true": kept.employed, "y_pred": kept.prediction, "sensitive_features": sensitive, "sample_weight": weight}
    return {
        "by_group": {
            "|".join(key) if isinstance(key, tuple) else key: line.to_dict() for key, line in frame.by_group.iterrows()
        },
        "difference": frame.difference().to_dict(),
        "ratio": frame.ratio().to_dict(),
        "demographic_parity_difference": demographic_parity_difference(**asked),
        "demographic_parity_ratio": demographic_parity_ratio(**asked),
        "equal_opportunity_difference": equal_opportunity_difference(**asked),
        "equal_opportunity_ratio": equal_opportunity_ratio(**asked),
        "equalized_odds_difference": equalized_odds_difference(**asked),
        "equalized_odds_ratio": equalized_odds_ratio(**asked),
    }


def attribute(columns):
    counts = rows.groupby(columns).size()
    large = rows.groupby(columns)["employed"].transform("size") >= LEAST_ROWS
    kept = rows[large]
    sensitive = kept[columns]
    text = lambda key: "|".join(key) if isinstance(key, tuple) else key
    return {
        "rows": {text(key): int(count) for key, count in counts.items()},
        "plain": measured(kept, sensitive, None),
        "weighted": measured(kept, sensitive, weights[large]),
    }


result = {
    "versions": {
        "fairlearn": fairlearn.__version__,
        "scikit-learn": sklearn.__version__,
        "numpy": numpy.__version__,
        "pandas": pandas.__version__,
        "python": sys.version.split()[0],
    },
    "least_rows": LEAST_ROWS,
    "SEX": attribute(["SEX"]),
    "RAC1P": attribute(["RAC1P"]),
    "SEX|RAC1P": attribute(["SEX", "RAC1P"]),
}
with open("fairlearn.json", "w") as file:
    json.dump(result, file, indent=1, allow_nan=False, default=float)
    file.write("\n")
