"""Registers its model while it logs it."""

import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

X, y = load_breast_cancer(return_X_y=True, as_frame=True)

with mlflow.start_run():
    model = LogisticRegression(solver="liblinear").fit(X, y)
    mlflow.log_metric("accuracy", model.score(X, y))
    info = mlflow.sklearn.log_model(
        model, name="model", registered_model_name="tumours", pip_requirements=["scikit-learn"]
    )
    print("registered as version", info.registered_model_version)
