import json, os
import mlflow, pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

job = json.load(open(os.environ["RATCHET_JOB"]))
rows = pd.read_parquet(job["inputs"]["features"]["path"])
X, y = rows.drop(columns=["accepted", "at"]), rows["accepted"]

with mlflow.start_run():
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan"]), remainder="passthrough"),
        LogisticRegression(max_iter=1000),
    )
    model.fit(X, y)
    mlflow.sklearn.log_model(model, name="model", input_example=X.head(), serialization_format="cloudpickle")
