"""A parent run with one nested run a setting; the best one is trained again and logged on the parent."""

import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

mlflow.set_experiment("depth-sweep")
X, y = load_breast_cancer(return_X_y=True, as_frame=True)

with mlflow.start_run(run_name="sweep") as parent:
    for depth in (1, 2, 4):
        with mlflow.start_run(run_name=f"depth {depth}", nested=True):
            mlflow.log_param("max_depth", depth)
            forest = RandomForestClassifier(n_estimators=10, max_depth=depth, random_state=0)
            mlflow.log_metric("cv_auc", cross_val_score(forest, X, y, cv=3, scoring="roc_auc").mean())

    children = mlflow.search_runs(
        experiment_names=["depth-sweep"],
        filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
        order_by=["metrics.cv_auc DESC"],
    )
    best = int(children.iloc[0]["params.max_depth"])
    mlflow.log_param("best_depth", best)
    forest = RandomForestClassifier(n_estimators=10, max_depth=best, random_state=0).fit(X, y)
    mlflow.sklearn.log_model(
        forest, name="model", serialization_format="cloudpickle", pip_requirements=["scikit-learn"]
    )

# Afterwards, somebody wanted a second look in a run of its own.
with mlflow.start_run(run_name="second look"):
    mlflow.log_metric("rows", len(X))
