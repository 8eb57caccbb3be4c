"""A logistic regression that looks at the first COLUMNS columns and the first ROWS rows."""

import json
import os
import time
from pathlib import Path

import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression


def main() -> None:
    """Train, dawdle as asked, and log the model."""
    job = json.loads(Path(os.environ["RATCHET_JOB"]).read_text())
    params = job["params"]
    rows = pd.read_parquet(job["inputs"]["features"]["path"]).head(params["rows"])
    columns = [f"x{index}" for index in range(1, params["columns"] + 1)]
    mlflow.log_params(params)
    for tenth in range(int(params["seconds"] * 10)):
        if tenth == 0:
            Path(job["progress"]).write_text(json.dumps({"done": 1, "total": 2}) + "\n")
        time.sleep(0.1)
    model = LogisticRegression().fit(rows[columns], rows["y"])
    mlflow.log_metric("accuracy", model.score(rows[columns], rows["y"]))
    sample = rows[columns].head(3)
    signature = mlflow.models.infer_signature(sample, model.predict(sample))
    mlflow.sklearn.log_model(model, name="model", signature=signature, input_example=sample)


if __name__ == "__main__":
    with mlflow.start_run():
        main()
