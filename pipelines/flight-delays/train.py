"""Train the classifier that says whether a flight will arrive more than 15 minutes late.

Plain scikit-learn and MLflow. Of Ratchet it knows two things, both optional for a trainer: the JSON at RATCHET_JOB
(where the rows and the params are) and the folder RATCHET_CHECKPOINTS (what it finds there, it goes on from).
"""

import json
import os
import pickle
from importlib.metadata import version
from pathlib import Path

import mlflow
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

TARGET = "late"
CATEGORIES = ["carrier", "origin", "dest", "manufacturer"]
ROUNDS_PER_EPOCH = 30


def save_atomically(path: Path, state: object) -> None:
    """A kill in the middle must leave the checkpoint before this one, whole."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(pickle.dumps(state))
    draft.replace(path)


def main() -> None:
    job = json.loads(Path(os.environ["RATCHET_JOB"]).read_text())
    params = {"rounds": 300, "learning_rate": 0.05, **job["params"]}
    checkpoint = Path(os.environ["RATCHET_CHECKPOINTS"]) / "trees.pickle"
    rows = pd.read_parquet(job["inputs"]["features"]["path"])
    features, late = rows.drop(columns=[TARGET]), rows[TARGET]
    # Rows are in time order: the last tenth shows how training goes. It does not choose the model.
    seen = int(len(rows) * 0.9)

    encoder = ColumnTransformer(
        [("categories", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1), CATEGORIES)],
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    encoded = encoder.fit_transform(features)
    trees = HistGradientBoostingClassifier(
        learning_rate=params["learning_rate"], early_stopping=False, warm_start=True, random_state=job["seed"]
    )
    epochs, done = params["rounds"] // ROUNDS_PER_EPOCH, 0
    if checkpoint.exists():
        trees, done = pickle.loads(checkpoint.read_bytes())

    mlflow.log_params(params)
    for epoch in range(done + 1, epochs + 1):
        trees.set_params(max_iter=epoch * ROUNDS_PER_EPOCH).fit(encoded[:seen], late[:seen])
        auc = roc_auc_score(late[seen:], trees.predict_proba(encoded[seen:])[:, 1])
        mlflow.log_metrics({"auc": auc}, step=epoch)
        save_atomically(checkpoint, (trees, epoch))
        with open(job["progress"], "a") as progress:
            progress.write(json.dumps({"done": epoch, "total": epochs, "metrics": {"auc": round(auc, 4)}}) + "\n")

    model = Pipeline([("encode", encoder), ("trees", trees)])
    sample = features.head(5)
    # What is measured can be missing in a request, whether or not it was missing in these rows: the signature says so.
    shape = features.head(2).copy()
    shape.iloc[0, [features.columns.get_loc(name) for name in features.select_dtypes("float").columns]] = float("nan")
    signature = mlflow.models.infer_signature(shape, model.predict(sample))
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=signature,
        input_example=sample,
        # Named here, MLflow need not load the model in another process to find out.
        pip_requirements=[f"{name}=={version(name)}" for name in ("mlflow", "scikit-learn", "pandas")],
        # MLflow saves without pickle and asks which types beyond its list we mean: the trees of this very estimator.
        skops_trusted_types=["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"],
    )


if __name__ == "__main__":
    with mlflow.start_run():
        main()
