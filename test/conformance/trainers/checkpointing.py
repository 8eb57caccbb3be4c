"""Trains in epochs, saves after each, and goes on where it stopped."""

import json
import os
import pickle
import time
from pathlib import Path

import mlflow
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.preprocessing import StandardScaler

job = json.loads(Path(os.environ["RATCHET_JOB"]).read_text())
epochs = job["params"].get("epochs", 10)
hold = job["params"].get("hold", {"at": [], "file": ""})
checkpoint = Path(os.environ["RATCHET_CHECKPOINTS"]) / "model.pkl"

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)

model, first = SGDClassifier(loss="log_loss", random_state=job["seed"]), 0
if checkpoint.exists():
    model, first = pickle.loads(checkpoint.read_bytes())
print(f"starting with epoch {first}", flush=True)

with mlflow.start_run():
    mlflow.log_param("epochs", epochs)
    for epoch in range(first, epochs):
        model.partial_fit(X, y, classes=np.unique(y))
        scores = model.predict_proba(X)[:, 1]
        mlflow.log_metric("auc", roc_auc_score(y, scores), step=epoch)
        mlflow.log_metrics({"loss": log_loss(y, scores), "best": epoch / epochs}, step=epoch)
        # Killed here, the epoch is logged but not saved: the next start logs it again.
        time.sleep(job["params"].get("pause", 0.1))
        while epoch + 1 in hold["at"] and not Path(f"{hold['file']}.{epoch + 1}").exists():
            time.sleep(0.02)
        partial = checkpoint.with_suffix(".tmp")
        partial.write_bytes(pickle.dumps((model, epoch + 1)))
        partial.rename(checkpoint)
        with open(job["progress"], "a") as progress:
            print(
                json.dumps({"done": epoch + 1, "total": epochs, "metrics": {"auc": roc_auc_score(y, scores)}}),
                file=progress,
            )
    mlflow.log_metric("epochs_done", epochs)
    mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
