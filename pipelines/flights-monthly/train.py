"""Train a small classifier for late arrivals: seconds, so that a year of retraining is minutes."""

import json
import os
from importlib.metadata import version
from pathlib import Path

import mlflow
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

TARGET = "late"
CATEGORIES = ["carrier", "origin", "dest"]


def main() -> None:
    job = json.loads(Path(os.environ["RATCHET_JOB"]).read_text())
    rows = pd.read_parquet(job["inputs"]["features"]["path"])
    features, late = rows.drop(columns=[TARGET]), rows[TARGET]
    encoder = ColumnTransformer(
        [("categories", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1), CATEGORIES)],
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    trees = HistGradientBoostingClassifier(max_iter=60, learning_rate=0.1, early_stopping=False, random_state=job["seed"])
    model = Pipeline([("encode", encoder), ("trees", trees)]).fit(features, late)
    mlflow.log_params({"max_iter": 60, "learning_rate": 0.1})
    sample = features.head(5)
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=mlflow.models.infer_signature(sample, model.predict(sample)),
        input_example=sample,
        pip_requirements=[f"{name}=={version(name)}" for name in ("mlflow", "scikit-learn", "pandas")],
        skops_trusted_types=["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"],
    )


if __name__ == "__main__":
    with mlflow.start_run():
        main()
