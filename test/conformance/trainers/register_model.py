"""Registers afterwards, makes itself champion and checks that the registered model loads."""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

X, y = load_breast_cancer(return_X_y=True, as_frame=True)

with mlflow.start_run() as run:
    model = LogisticRegression(solver="liblinear").fit(X, y)
    mlflow.log_metric("accuracy", model.score(X, y))
    mlflow.sklearn.log_model(model, name="model", input_example=X.head(3), pip_requirements=["scikit-learn"])

client = MlflowClient()
version = mlflow.register_model(f"runs:/{run.info.run_id}/model", "tumours")
client.set_registered_model_alias("tumours", "champion", version.version)
client.set_model_version_tag("tumours", version.version, "validated", "yes")

latest = client.get_latest_versions("tumours")[0]
loaded = mlflow.pyfunc.load_model(f"models:/tumours/{latest.version}")
assert len(loaded.predict(X)) == len(X)
by_alias = client.get_model_version_by_alias("tumours", "champion")
print("champion is version", by_alias.version)
