"""Learns each loss from the reference's features and writes what it expects of every row. See ports/error-model.ts.

    python estimate_errors.py FOLDER

LightGBM's own defaults, which are those of NannyML's direct loss estimation; deterministic, so that a retry gives the same.
"""

import json
import sys
from pathlib import Path

import lightgbm
import numpy

PARAMETERS = {"objective": "regression", "verbosity": -1, "deterministic": True, "force_row_wise": True, "seed": 7}
ROUNDS = 100


def main(folder: Path) -> None:
    problem = json.loads((folder / "problem.json").read_text())
    features = {side: read_features(folder, side, rows, problem["features"]) for side, rows in problem["rows"].items()}
    for loss in problem["losses"]:
        lost = numpy.fromfile(folder / f"{loss}.f64", dtype="<f8")
        known = ~numpy.isnan(lost)
        data = lightgbm.Dataset(
            features["reference"][known], lost[known], categorical_feature=problem["categorical"], params=PARAMETERS
        )
        model = lightgbm.train(PARAMETERS, data, num_boost_round=ROUNDS)
        for side, rows in features.items():
            model.predict(rows).astype("<f8").tofile(folder / f"{loss}.{side}.f64")


def read_features(folder: Path, side: str, rows: int, features: int) -> numpy.ndarray:
    return numpy.memmap(folder / f"{side}.f64", dtype="<f8", mode="r", shape=(features, rows)).T


if __name__ == "__main__":
    main(Path(sys.argv[1]))
