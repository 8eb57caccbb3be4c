"""Makes the models that the predictor's test asks, as trainers would save them, in the folder of the first argument."""

import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

folder = Path(sys.argv[1])
rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(400, 3)), columns=["a", "b", "c"])
late = X.a + rng.normal(size=400) * 0.1 > 0
kind = np.where(X.a > 0.5, "red", np.where(X.b > 0, "green", "blue"))
rows = X.assign(late=late, kind=kind, amount=2 * X.a + 1)[["late", "c", "b", "kind", "a", "amount"]]
rows.to_parquet(folder / "rows.parquet")
rows.drop(columns="b").to_parquet(folder / "without-b.parquet")


def save(name, model, y, **how):
    model.fit(X, y)
    signature = mlflow.models.infer_signature(X.head(), model.predict(X.head()))
    requirements = ["scikit-learn"]
    mlflow.sklearn.save_model(model, folder / name, signature=signature, pip_requirements=requirements, **how)


trees = HistGradientBoostingClassifier(max_iter=20)
save("trees", trees, late, serialization_format="cloudpickle")
pd.DataFrame({"p": trees.predict_proba(X)[:, 1]}).to_parquet(folder / "trees-say.parquet")
save("skops", LogisticRegression(), late)
save("margin", LinearSVC(), late)
save("regression", LinearRegression(), rows.amount)
save("multiclass", LogisticRegression(max_iter=500), kind)


class Custom(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        scores = model_input["a"].to_numpy(dtype="float64").copy()
        scores[:5] = np.nan
        return scores


signature = mlflow.models.infer_signature(X.head(), np.zeros(5))
mlflow.pyfunc.save_model(folder / "custom", python_model=Custom(), signature=signature, pip_requirements=["pandas"])

with_example = {"signature": signature, "pip_requirements": ["pandas"], "input_example": X.head()}
mlflow.pyfunc.save_model(folder / "example", python_model=Custom(), **with_example)
save("native-example", LogisticRegression(), late, input_example=X.head(3))


class Forgets(mlflow.pyfunc.PythonModel):
    """Works in the process that trained it, and not where it is loaded."""

    def predict(self, context, model_input):
        if context is not None and model_input["b"].isna().any():
            raise KeyError("the lookup of b was not saved with the model")
        return np.zeros(len(model_input) - 1)


mlflow.pyfunc.save_model(folder / "forgets", python_model=Forgets(), **with_example)
gap = {**with_example, "input_example": X.head().assign(b=np.nan)}
mlflow.pyfunc.save_model(folder / "forgets-b", python_model=Forgets(), **gap)


class Crashes(LogisticRegression):
    def predict_proba(self, X):
        import ctypes

        ctypes.string_at(0)


class Sleeps(LogisticRegression):
    def predict_proba(self, X):
        import time

        time.sleep(600)


class Throws(LogisticRegression):
    def predict_proba(self, X):
        raise ValueError("unknown category 'ZZ'")


for name, model in (("crashes", Crashes()), ("sleeps", Sleeps()), ("throws", Throws())):
    save(name, model, late, serialization_format="cloudpickle")

# A model that was trained with its own target among the columns.
leaky = LogisticRegression().fit(rows[["a", "late"]], late)
mlflow.sklearn.save_model(leaky, folder / "leaky", pip_requirements=["scikit-learn"])

# Two models that each bring a module of the same name.
for sign in (1, -1):
    code = folder / f"code{sign}"
    code.mkdir()
    (code / "own_features.py").write_text(f"def turn(frame):\n    return frame * {sign}\n")
    sys.path.insert(0, str(code))
    sys.modules.pop("own_features", None)
    import own_features

    model = make_pipeline(FunctionTransformer(own_features.turn), LogisticRegression()).fit(X, late)
    model[-1].coef_[:] = [[5.0, 0.0, 0.0]]
    model[-1].intercept_[:] = 0.0
    paths = [str(code / "own_features.py")]
    mlflow.sklearn.save_model(
        model, folder / f"own{sign}", code_paths=paths, serialization_format="pickle", pip_requirements=["scikit-learn"]
    )
    sys.path.pop(0)
