"""Logs a model and nothing else, without a run of its own."""

import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

rows, labels = load_breast_cancer(return_X_y=True)
model = LogisticRegression(solver="liblinear").fit(rows, labels)
mlflow.sklearn.log_model(model, name="model", input_example=rows[:3], pip_requirements=["scikit-learn"])
