"""What `ratchet gate` does, by hand: `gate_bench.py RESAMPLES MEASURED CANDIDATE CHAMPION`.

Prints one line of JSON: `ms` is reading, figures, slices, fairness and MEASURED resamples of the difference in ROC AUC, the last
counted RESAMPLES / MEASURED times; imports are not counted. `sampledMs` is the same with the resamples of a sample of 100,000 rows, 500 of
them: as Ratchet does where there are more.
"""
import json
import resource
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, selection_rate
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    matthews_corrcoef,
    precision_score,
    recall_score,
    roc_auc_score,
)

resamples, measured = int(sys.argv[1]), int(sys.argv[2])
start = time.perf_counter()
table = pd.read_parquet(sys.argv[3])
table["champion"] = pd.read_parquet(sys.argv[4])["score"]
y, weight = table["y"].to_numpy(), table["weight"].to_numpy()
of_scores = [roc_auc_score, average_precision_score, log_loss, brier_score_loss]
of_classes = [accuracy_score, balanced_accuracy_score, precision_score, recall_score, f1_score, matthews_corrcoef]
for name in ("score", "champion"):
    score = table[name].to_numpy()
    for metric in of_scores:
        metric(y, score, sample_weight=weight)
    for metric in of_classes:
        metric(y, score >= 0.5, sample_weight=weight)
for _, rows in table.groupby("slice"):
    for name in ("score", "champion"):
        for metric in of_scores:
            metric(rows["y"], rows[name], sample_weight=rows["weight"])
        for metric in of_classes:
            metric(rows["y"], rows[name] >= 0.5, sample_weight=rows["weight"])
MetricFrame(
    metrics={"selected": selection_rate, "recall": recall_score},
    y_true=y,
    y_pred=table["score"] >= 0.5,
    sensitive_features=table["grp"],
    sample_params={"selected": {"sample_weight": weight}, "recall": {"sample_weight": weight}},
).difference()
figures = time.perf_counter() - start

random = np.random.default_rng(1)


def difference(y, candidate, champion, weight):
    counts = np.bincount(random.integers(0, len(y), len(y)), minlength=len(y)) * weight
    return roc_auc_score(y, candidate, sample_weight=counts) - roc_auc_score(y, champion, sample_weight=counts)


candidate, champion = table["score"].to_numpy(), table["champion"].to_numpy()
start = time.perf_counter()
for _ in range(measured):
    difference(y, candidate, champion, weight)
whole = (time.perf_counter() - start) / measured * resamples

some = random.choice(len(y), min(len(y), 100_000), replace=False)
few = min(500, resamples)
start = time.perf_counter()
spread = [difference(y[some], candidate[some], champion[some], weight[some]) for _ in range(few)]
sampled = time.perf_counter() - start
gain = roc_auc_score(y, candidate, sample_weight=weight) - roc_auc_score(y, champion, sample_weight=weight)
print(
    json.dumps(
        {
            "ms": [(figures + whole) * 1000],
            "sampledMs": (figures + sampled) * 1000,
            "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "answer": gain,
        }
    )
)
