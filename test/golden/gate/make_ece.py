"""Expected calibration error over ten bins of equal counts, with numpy's percentiles as scikit-learn's
calibration_curve(strategy='quantile') takes them. Writes ece.json beside itself."""
import json
import pathlib

import numpy as np
import pandas as pd
from sklearn.calibration import calibration_curve

here = pathlib.Path(__file__).parent
rows = pd.read_csv(here / "binary.csv")


def ece(y, p, w=None):
    w = np.ones(len(p)) if w is None else w
    edges = np.percentile(p, np.linspace(0, 100, 11))
    bins = np.searchsorted(edges[1:-1], p)
    gaps = [abs(np.sum(w[bins == b] * (y[bins == b] - p[bins == b]))) for b in range(10)]
    found = float(np.sum(gaps) / np.sum(w))
    if w.min() == 1 and w.max() == 1:
        true, mean = calibration_curve(y, p, n_bins=10, strategy="quantile")
        counts = np.bincount(bins, minlength=10)
        assert abs(found - np.sum(np.abs(true - mean) * counts[counts > 0]) / len(p)) < 1e-12
    return found


def figures(column):
    known = rows[rows[column].notna()]
    y, p = known.y.to_numpy(), known[column].to_numpy()
    slices = {
        by: {str(value): ece(part.y.to_numpy(), part[column].to_numpy()) for value, part in known.groupby(by)}
        for by in ("region", "sex", "plan")
    }
    return {"overall": ece(y, p), "weighted": ece(y, p, known.weight.to_numpy(dtype=float)), "slices": slices}


out = {column: figures(column) for column in ("champion", "challenger", "challenger_with_nan")}
(here / "ece.json").write_text(json.dumps(out, indent=2) + "\n")
