"""Make up cards, their payments and their logins, a hundred days until 2026-06-01: data.py [FOLDER].

A script step, and a command for a folder that `ratchet features` reads. All is drawn from one seed: the same numbers every time. Some cards are
stolen: then payments follow each other within days, are larger than its owner's, and nobody has logged in for long. New accounts are stolen more often.

payments.csv   customer_id, paid_at, written_at, amount: written some minutes after they were paid
logins.csv     customer_id, at, opened_at, last_login_at: a row a login
labels.csv     customer_id, event_timestamp, fraud: every payment of the last sixty days, as it was asked about
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20260601
CUSTOMERS = 2_000
DAYS = 100
LABELLED = 60
END = pd.Timestamp("2026-06-01T00:00:00Z")
START = END - pd.Timedelta(days=DAYS)


def seconds(days: np.ndarray) -> pd.DatetimeIndex:
    """Moments of days since the start, in whole seconds."""
    return START + pd.to_timedelta(np.floor(days * 86_400), unit="s")


def write(folder: Path, name: str, rows: pd.DataFrame) -> None:
    for column in rows.select_dtypes("datetimetz"):
        rows[column] = rows[column].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    rows.to_csv(folder / f"{name}.csv", index=False)


def main(folder: Path) -> None:
    draw = np.random.default_rng(SEED)
    customers = np.arange(1, CUSTOMERS + 1)
    account_age = np.round(draw.exponential(400, CUSTOMERS) + 5, 3)
    usual = draw.lognormal(3, 0.5, CUSTOMERS)

    count = draw.poisson(DAYS * 0.3, CUSTOMERS)
    owner = np.repeat(customers, count)
    own = pd.DataFrame({"customer_id": owner, "day": draw.uniform(0, DAYS, owner.size), "fraud": 0})
    own["amount"] = usual[owner - 1] * draw.lognormal(0, 0.6, owner.size)

    stolen = draw.random(CUSTOMERS) < 0.1 + 0.25 * (account_age < 90)
    since = draw.uniform(DAYS - LABELLED - 5, DAYS - 4, CUSTOMERS)
    bursts = np.where(stolen, draw.integers(3, 12, CUSTOMERS), 0)
    thief = np.repeat(customers, bursts)
    taken = pd.DataFrame({"customer_id": thief, "day": since[thief - 1] + draw.exponential(1.2, thief.size), "fraud": 1})
    taken["amount"] = usual[thief - 1] * draw.lognormal(0.5, 0.8, thief.size)

    payments = pd.concat([own, taken])
    payments = payments[payments["day"] < DAYS].sort_values(["day", "customer_id"], kind="stable")
    payments["paid_at"] = seconds(payments["day"].to_numpy())
    payments["written_at"] = payments["paid_at"] + pd.to_timedelta(draw.integers(30, 600, len(payments)), unit="s")
    payments["amount"] = payments["amount"].round(2)

    logins = draw.poisson(DAYS * 0.15, CUSTOMERS) + 1
    who = np.repeat(customers, logins)
    visits = pd.DataFrame({"customer_id": who, "day": draw.uniform(0, DAYS, who.size)})
    # A card is used by somebody else while its owner looks away.
    away = stolen[who - 1] & (visits["day"] > since[who - 1] - 12)
    visits = visits[~away].sort_values(["day", "customer_id"], kind="stable")
    visits["at"] = seconds(visits["day"].to_numpy())
    visits["opened_at"] = (START - pd.to_timedelta(np.floor(account_age * 86_400), unit="s"))[visits["customer_id"] - 1]
    visits["last_login_at"] = visits["at"]

    labels = payments[payments["day"] >= DAYS - LABELLED].rename(columns={"paid_at": "event_timestamp"})
    write(folder, "payments", payments[["customer_id", "paid_at", "written_at", "amount"]].copy())
    write(folder, "logins", visits[["customer_id", "at", "opened_at", "last_login_at"]].copy())
    write(folder, "labels", labels[["customer_id", "event_timestamp", "fraud"]].copy())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        given = Path(sys.argv[1])
        given.mkdir(parents=True, exist_ok=True)
        main(given)
    else:
        output = Path(json.loads(Path(os.environ["RATCHET_JOB"]).read_text())["output"])
        main(output)
        tables = {name: {"$file": f"{name}.csv", "format": "file"} for name in ("payments", "logins", "labels")}
        (output / "output.json").write_text(json.dumps(tables))
