"""Boosting in epochs, saved after each; an epoch fits several times over so that it lasts."""

import json
import os
import pickle
import time
from pathlib import Path

# Read by scikit-learn when it is imported: the machine has other work.
os.environ["OMP_NUM_THREADS"] = "1"

import mlflow
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

ROUNDS_PER_EPOCH = 5


def main() -> None:
    """Train, resuming from the checkpoint where there is one."""
    job = json.loads(Path(os.environ["RATCHET_JOB"]).read_text())
    epochs, seconds = job["params"]["epochs"], job["params"]["seconds"]
    checkpoint = Path(os.environ["RATCHET_CHECKPOINTS"]) / "trees.pickle"
    rows = pd.read_parquet(job["inputs"]["features"]["path"])
    features, target = rows.drop(columns=["hot"]), rows["hot"]

    # One stump sees one column once.
    size = {"max_iter": 1, "max_depth": 1} if job["params"]["weak"] else {}

    trees, done = None, 0
    if checkpoint.exists():
        trees, done = pickle.loads(checkpoint.read_bytes())
    print(f"begins after epoch {done}", flush=True)

    mlflow.log_params({"epochs": epochs, "seconds": seconds})
    for epoch in range(done + 1, epochs + 1):
        began = time.monotonic()
        while True:
            trees = HistGradientBoostingClassifier(
                **{"max_iter": epoch * ROUNDS_PER_EPOCH, "early_stopping": False, "random_state": job["seed"], **size}
            ).fit(features, target)
            if time.monotonic() - began >= seconds:
                break
        auc = roc_auc_score(target, trees.predict_proba(features)[:, 1])
        mlflow.log_metrics({"auc": auc}, step=epoch)
        # Killed here, the epoch is logged and not saved: it is trained and logged a second time.
        draft = checkpoint.with_suffix(".draft")
        draft.write_bytes(pickle.dumps((trees, epoch)))
        draft.replace(checkpoint)
        with open(job["progress"], "a") as progress:
            progress.write(json.dumps({"done": epoch, "total": epochs, "metrics": {"auc": round(auc, 4)}}) + "\n")

    sample = features.head(5)
    mlflow.sklearn.log_model(
        trees,
        name="model",
        signature=mlflow.models.infer_signature(sample, trees.predict(sample)),
        input_example=sample,
        pip_requirements=["scikit-learn"],
        skops_trusted_types=["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"],
    )


if __name__ == "__main__":
    with mlflow.start_run():
        main()
