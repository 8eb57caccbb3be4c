"""Starts its run, then one process a fold; each logs to a run of its own. The environment names another server."""

import multiprocessing
import os

os.environ["MLFLOW_TRACKING_URI"] = "http://localhost:5000"
os.environ["MLFLOW_EXPERIMENT_NAME"] = "folds"

import mlflow  # noqa: E402


def fold(number):
    with mlflow.start_run(run_name=f"fold {number}"):
        mlflow.log_metric("auc", 0.7 + number / 100)


if __name__ == "__main__":
    with mlflow.start_run():
        mlflow.log_param("folds", 2)
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            pool.map(fold, range(2))
