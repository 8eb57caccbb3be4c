"""Goes on from a checkpoint with another learning rate than before."""

import json
import os

import mlflow

with open(os.environ["RATCHET_JOB"]) as file:
    job = json.load(file)
with mlflow.start_run():
    mlflow.log_param("optimizer", "sgd")
    mlflow.log_param("learning_rate", 0.2 if job["resumed"] else 0.1)
