"""Train the classifier that says whether a payment is fraud: plain scikit-learn and MLflow."""

import json
import os
from importlib.metadata import version
from pathlib import Path

import mlflow
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier


def main() -> None:
    job = json.loads(Path(os.environ["RATCHET_JOB"]).read_text())
    target = job["params"]["target"]
    rows = pd.read_parquet(job["inputs"]["features"]["path"])
    features = rows.drop(columns=[target]).astype("float64")
    model = HistGradientBoostingClassifier(max_iter=80, learning_rate=0.08, random_state=job["seed"])
    model.fit(features, rows[target])
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
