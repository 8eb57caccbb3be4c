import json, os
import mlflow, pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

job = json.load(open(os.environ["RATCHET_JOB"]))
rows = pd.read_parquet(job["inputs"]["features"]["path"])
X, y = rows.drop(columns=["hires", "at"]), rows["hires"]

with mlflow.start_run():
    model = HistGradientBoostingRegressor(max_iter=30, random_state=0)
    model.fit(X, y)
    mlflow.sklearn.log_model(model, name="model", input_example=X.head(), serialization_format="cloudpickle")
