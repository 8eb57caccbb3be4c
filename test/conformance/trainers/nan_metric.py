"""Diverges: the loss is not a number."""

import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
with mlflow.start_run():
    mlflow.log_metric("loss", float("nan"))
    mlflow.log_metric("gradient", float("inf"))
    model = LogisticRegression(max_iter=5000).fit(X, y)
    mlflow.sklearn.log_model(model, name="model", input_example=X.head(3))
