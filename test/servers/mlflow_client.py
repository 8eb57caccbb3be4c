"""MLflow's own client behind a pipe: a line of JSON asks {"call", "with"}, a line answers {"answer"} or {"error"}.

Calls are MlflowClient's methods by their names, and those below that need more than the client.
"""

import json
import sys
import warnings

warnings.filterwarnings("ignore")

import mlflow
import numpy
import pandas
from mlflow.models import infer_signature
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LogisticRegression

URL = sys.argv[1]
mlflow.set_tracking_uri(URL)
client = MlflowClient()
ROWS = pandas.DataFrame({"x": numpy.linspace(-1, 1, 40), "y": numpy.linspace(1, -1, 40)})


def log_model(weight: float, experiment: str = "guide") -> dict:
    """A run as the guide's trainer leaves it: a model with signature and input example, and the dataset it was trained on."""
    mlflow.set_experiment(experiment)
    model = LogisticRegression(C=weight).fit(ROWS, ROWS["x"] > 0)
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_pandas(ROWS, name="rows"), context="training")
        info = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(ROWS, model.predict(ROWS)),
            input_example=ROWS.head(2),
            # Else a process is started that finds them out.
            pip_requirements=["scikit-learn"],
        )
    return {"run_id": run.info.run_id, "model_uri": info.model_uri}


def register_model(model_uri: str, name: str) -> dict:
    return plain(mlflow.register_model(model_uri=model_uri, name=name))


def predict(model_uri: str) -> dict:
    """What is loaded under this URI: the accuracy on the rows, and which logged model it is."""
    model = mlflow.pyfunc.load_model(model_uri=model_uri)
    accuracy = float((model.predict(ROWS) == (ROWS["x"] > 0)).mean())
    return {"accuracy": accuracy, "model_id": model.metadata.model_id, "signature": model.metadata.signature is not None}


def latest(name: str, stages: list | None = None) -> dict:
    """Stage to version."""
    return {each.current_stage: int(each.version) for each in client.get_latest_versions(name, stages)}


def stages(name: str) -> dict:
    """Version to stage."""
    found = client.search_model_versions(f"name='{name}'")
    return {each.version: each.current_stage for each in found}


def aliases(name: str) -> dict:
    return {name: str(version) for name, version in client.get_registered_model(name).aliases.items()}


def dataset_inputs(run_id: str) -> list:
    inputs = client.get_run(run_id).inputs.dataset_inputs
    tags = [{tag.key: tag.value for tag in each.tags} for each in inputs]
    return [
        {
            "name": each.dataset.name,
            "digest": each.dataset.digest,
            "source": each.dataset.source,
            "uri": getattr(mlflow.data.get_source(each.dataset), "uri", None),
            "tags": said,
        }
        for each, said in zip(inputs, tags, strict=True)
    ]


def model_info(model_uri: str) -> dict:
    info = mlflow.models.get_model_info(model_uri)
    example = mlflow.pyfunc.load_model(model_uri).input_example
    return {"inputs": info.signature.inputs.input_names(), "example": [dict(row) for _, row in example.iterrows()]}


def plain(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if hasattr(value, "__iter__") and hasattr(value, "to_proto"):
        return {str(key): each if isinstance(each, (str, int, float, dict, list)) else str(each) for key, each in value}
    return value if value is None or isinstance(value, (str, int, float, dict)) else str(value)


OWN = {each.__name__: each for each in (log_model, register_model, predict, latest, stages, aliases, dataset_inputs, model_info)}

print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    call = OWN.get(asked["call"]) or getattr(client, asked["call"])
    try:
        print(json.dumps({"answer": plain(call(**asked["with"]))}, default=str), flush=True)
    except Exception as error:  # Whatever it is, the test is to read it.
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
