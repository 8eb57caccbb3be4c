"""Logs models to MLflow as a trainer would and writes holdouts, in the folder of the first argument; prints what it made."""

import json
import sys
import time
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, log_loss, mean_squared_error, r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

folder = Path(sys.argv[1])
rng = np.random.default_rng(0)
ROWS = 6000
X = pd.DataFrame(rng.normal(size=(ROWS, 3)), columns=["a", "b", "c"])
margin = X.a + 0.7 * X.b + rng.logistic(size=ROWS)
frame = X.assign(
    late=margin > 0.5,
    kind=np.where(margin > 1.5, "very late", np.where(margin > 0.5, "late", "on time")),
    minutes=20 * margin + 3,
    # The second is an attack on the report, the last of them is too small to carry figures.
    carrier=np.select([X.c > 2.3, X.c > 0.6, X.c > -0.2], ["<script>alert(1)</script>", "AA & co", "it's"], "DL"),
    origin=np.where(X.b > 1, "JFK", None),
    # Rows of one customer have nothing in common; a third weighs nothing.
    customer=[f"c{i % 300}" for i in range(ROWS)],
    weight=[float(i // 300 % 3) for i in range(ROWS)],
    at=pd.Timestamp("2013-01-01") + pd.to_timedelta(np.arange(ROWS) // 100, unit="D"),
)
train, holdout = frame[: ROWS // 2], frame[ROWS // 2 :].reset_index(drop=True)
holdout.to_parquet(folder / "holdout.parquet")
missing = holdout.astype({"late": "boolean"})
missing.loc[:9, "late"] = pd.NA
missing.loc[10:39, "a"] = np.nan
missing.to_parquet(folder / "missing.parquet")
made = {"rows": len(holdout)}


def only_a(table):
    return table[["a"]]


def log(name, model, columns, target):
    model.fit(train[columns], train[target])
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=mlflow.models.infer_signature(train[columns].head(), model.predict(train[columns].head())),
            serialization_format="cloudpickle",
            pip_requirements=["scikit-learn"],
            input_example=train[columns].head() if name == "good" else None,
        )
    made[name] = {"runId": run.info.run_id, "uri": info.model_uri}
    return model


class GapsStay:
    """A model that gives no score where it has no input."""

    def __init__(self, inner):
        self.inner = inner
        self.classes_ = None

    def fit(self, x, y):
        self.inner.fit(x.fillna(0), y)
        self.classes_ = self.inner.classes_
        return self

    def predict(self, x):
        return self.inner.predict(x.fillna(0))

    def predict_proba(self, x):
        said = self.inner.predict_proba(x.fillna(0))
        said[x.a.isna().to_numpy()] = np.nan
        return said


class Slow(GapsStay):
    """As good, after a tenth of a second."""

    def predict_proba(self, x):
        time.sleep(0.1)
        return super().predict_proba(x)


good = log("good", GapsStay(LogisticRegression()), ["a", "b", "c"], "late")
log("slow", Slow(LogisticRegression()), ["a", "b", "c"], "late")
weak = log("weak", make_pipeline(FunctionTransformer(only_a), LogisticRegression()), ["a"], "late")
for name, model, columns in (("good", good, ["a", "b", "c"]), ("weak", weak, ["a"])):
    score = model.predict_proba(holdout[columns])[:, 1]
    made[name] |= {
        "roc_auc": roc_auc_score(holdout.late, score),
        "weighted_roc_auc": roc_auc_score(holdout.late, score, sample_weight=holdout.weight),
        "average_precision": average_precision_score(holdout.late, score),
        "log_loss": log_loss(holdout.late, score),
    }
kinds = log("kinds", LogisticRegression(max_iter=300), ["a", "b", "c"], "kind")
made["kinds"]["f1_macro"] = f1_score(holdout.kind, kinds.predict(holdout[["a", "b", "c"]]), average="macro")
minutes = log("minutes", LinearRegression(), ["a", "b"], "minutes")
said = minutes.predict(holdout[["a", "b"]])
made["minutes"] |= {"rmse": mean_squared_error(holdout.minutes, said) ** 0.5, "r2": r2_score(holdout.minutes, said)}
print(json.dumps(made))
