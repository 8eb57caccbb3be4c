"""Writes the two tables of the first hour: hires of bikes, hour by hour, and offers that are answered within 14 days.

    python3 make_data.py bikes --ago 7       # bikes/2026-06-01.csv …: one file a week, 180 days, as of 7 days ago
    python3 make_data.py offers              # offers/…: the answer of an offer is blank until 14 days after it

Plain standard library. A day has the same rows whenever it is written; a file that would not change is left alone.
"""

import argparse
import csv
import datetime as dt
import io
import math
import random
from pathlib import Path

WEEK = dt.timedelta(days=7)


def hires(day: dt.date, hour: int, draw: random.Random) -> dict[str, object]:
    season = math.sin((day.timetuple().tm_yday - 100) / 365 * 2 * math.pi)
    temperature = 12 + 10 * season + 4 * math.sin((hour - 9) / 24 * 2 * math.pi) + draw.gauss(0, 2)
    rain = max(0.0, draw.gauss(-0.8, 1))
    working = day.weekday() < 5
    commute = math.exp(-(((hour - 8) / 1.5) ** 2)) + math.exp(-(((hour - 17) / 2) ** 2))
    leisure = math.exp(-(((hour - 14) / 4) ** 2))
    expected = 20 + (180 * commute if working else 140 * leisure) * (1 + temperature / 40) * math.exp(-rain)
    return {
        "at": f"{day} {hour:02}:00:00",
        "temperature": round(temperature, 1),
        "rain": round(rain, 2),
        "working_day": int(working),
        "hour": hour,
        "hires": max(0, round(draw.gauss(expected, 8 + expected / 10))),
    }


def offer(day: dt.date, hour: int, draw: random.Random, until: dt.date) -> dict[str, object]:
    plan = draw.choice(["basic", "family", "student"])
    price = {"basic": 12, "family": 20, "student": 8}[plan] + draw.gauss(0, 1)
    visits = draw.randrange(0, 30)
    months = draw.randrange(1, 48)
    logit = -1.6 + 0.11 * visits + 0.02 * months - 0.08 * price + (0.6 if plan == "family" else 0)
    accepted = draw.random() < 1 / (1 + math.exp(-logit))
    known = day + dt.timedelta(days=14) <= until
    return {
        "at": f"{day} {hour:02}:{draw.randrange(60):02}:00",
        "plan": plan,
        "price": round(price, 2),
        "visits": visits,
        "months": months,
        "accepted": int(accepted) if known else "",
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("table", choices=["bikes", "offers"])
    options.add_argument("--days", type=int, default=180)
    options.add_argument("--today", type=dt.date.fromisoformat, default=dt.datetime.now(dt.timezone.utc).date())
    options.add_argument("--ago", type=int, default=0, help="the data as they were so many days ago")
    given = options.parse_args()
    until = given.today - dt.timedelta(days=given.ago + 1)  # whole days
    first = given.today - dt.timedelta(days=given.days)
    folder = Path(given.table)
    folder.mkdir(exist_ok=True)
    week = first - dt.timedelta(days=first.weekday())
    while week <= until:
        rows = []
        for day in (week + dt.timedelta(days=n) for n in range(7)):
            draw = random.Random(f"{given.table} {day}")
            if first <= day <= until:
                rows += [hires(day, hour, draw) if given.table == "bikes" else offer(day, hour, draw, until) for hour in range(24)]
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        file = folder / f"{week}.csv"
        if not file.exists() or file.read_text() != text.getvalue():  # a file that stays as it is keeps its time
            file.write_text(text.getvalue())
        week += WEEK


main()
