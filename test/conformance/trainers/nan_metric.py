"""Diverges: the loss is not a number."""

import mlflow

with mlflow.start_run():
    mlflow.log_metric("loss", float("nan"))
    mlflow.log_metric("gradient", float("inf"))
