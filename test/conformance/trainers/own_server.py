"""Written against a laptop's own tracking server, with an experiment of its own."""

import mlflow
from mlflow.tracking import MlflowClient
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

mlflow.set_tracking_uri("http://localhost:5000")
mlflow.set_experiment("churn-experiments")

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

with mlflow.start_run(run_name="baseline"):
    mlflow.log_param("C", 1.0)
    model = LogisticRegression(C=1.0, solver="liblinear").fit(X_train, y_train)
    mlflow.log_metric("auc", roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
    mlflow.sklearn.log_model(model, name="model", input_example=X_train.head(3), pip_requirements=["scikit-learn"])

client = MlflowClient("http://localhost:5000")
experiment = client.get_experiment_by_name("churn-experiments")
runs = client.search_runs([experiment.experiment_id], "params.C = '1.0'")
print(f"{len(runs)} run(s) with C = 1.0 so far")
