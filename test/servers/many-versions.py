"""Writes versions of one model into a store of MLflow's: 5,000 by requests would take minutes.

Arguments: the database, the model, a version that is there and is copied, the number of copies.
"""

import sqlite3
import sys

path, model, version, copies = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with sqlite3.connect(path, timeout=60) as store:
    last = store.execute("SELECT max(version) FROM model_versions WHERE name = ?", (model,)).fetchone()[0]

    def copy(table):
        columns = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
        names = ", ".join(columns)
        places = ", ".join("?" for _ in columns)
        at = columns.index("version")
        rows = store.execute(f"SELECT {names} FROM {table} WHERE name = ? AND version = ?", (model, version)).fetchall()
        tag = columns.index("key") if "key" in columns else None

        def changed(row, number):
            row = list(row)
            row[at] = number
            if tag is not None and row[tag] == "ratchet.key":
                row[columns.index("value")] = f"copy-{number}"
            if "source" in columns:
                row[columns.index("source")] = f"models:/m-copy{number}"
            return row

        store.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({places})",
            [changed(row, last + 1 + n) for n in range(copies) for row in rows],
        )

    copy("model_versions")
    copy("model_version_tags")
