"""generate.py ROWS OUT.csv | ROWS OUT.jsonl [LABELS.jsonl]: seeded benchmark inputs, a telecom-like table of 20 columns.

12 floats (8 of two decimals, 4 of full length), 4 integers, 4 texts of 3, 51, 400 and 5,000 values; 1 to 3 % of the
cells are missing. The .jsonl form wraps each row in a captured inference record with an output `label,probability`.
With LABELS a fifth of the records is named by an inferenceId and 200 are made a second; there are labels for 90 % of
them, shuffled, and 0.5 % of the labels come twice."""
import sys

import numpy as np
import polars as pl

CHUNK = 250_000
TEXTS = {"plan": 3, "state": 51, "area": 400, "city": 5000}


def table(rng, rows):
    columns = {
        "account_length": rng.integers(1, 240, rows),
        "calls": rng.poisson(90, rows),
        "messages": np.where(rng.random(rows) < 0.7, 0, rng.integers(1, 50, rows)),
        "customer": rng.integers(0, 50_000_000, rows),
    }
    shapes = [lambda: rng.normal(180, 54, rows), lambda: rng.gamma(2, 25, rows), lambda: rng.lognormal(3, 1, rows), lambda: rng.random(rows)]
    for i in range(12):
        values = shapes[i % 4]()
        columns[f"f{i:02d}"] = values if i % 4 == 3 or i == 10 else np.round(values, 2)
    for name, kinds in TEXTS.items():
        weights = 1 / np.arange(1, kinds + 1) ** 0.8
        edges = np.cumsum(weights / weights.sum())
        picks = np.minimum(np.searchsorted(edges, rng.random(rows)), kinds - 1)
        names = pl.Series([f"{name}_{k:04d}" for k in range(kinds)])
        columns[name] = names.gather(picks.astype(np.uint32))
    series = []
    for i, (name, values) in enumerate(columns.items()):
        gone = np.flatnonzero(rng.random(rows) < 0.01 + 0.001 * i)
        series.append(pl.Series(name, values).scatter(gone, None).alias(name))
    return pl.DataFrame(series)


def uuids(rng, rows):
    ids = pl.Series(np.frombuffer(rng.bytes(16 * rows).hex().encode(), "S32").astype(str)).str
    return pl.select(ids.slice(0, 8) + "-" + ids.slice(8, 4) + "-" + ids.slice(12, 4) + "-" + ids.slice(16, 4) + "-" + ids.slice(20, 12)).to_series()


def captured(rng, frame, labels=None, first=0):
    rows = frame.height
    body = pl.Series(frame.write_csv(include_header=False).split("\n")[:rows])
    score = rng.random(rows).round(6)
    event = uuids(rng, rows)
    columns = pl.DataFrame({"b": body, "l": (score > 0.5).astype(int), "p": score, "e": event}).with_columns(
        n=pl.lit(""), t=pl.lit("2026-03-04T10:20:48Z"))
    if labels is not None:
        name, named = uuids(rng, rows), pl.Series(rng.random(rows) < 0.2)
        seconds = pl.from_epoch(pl.Series(1_772_619_648 + (first + np.arange(rows)) // 200), time_unit="s")
        columns = columns.with_columns(t=seconds.dt.strftime("%Y-%m-%dT%H:%M:%SZ"), n=pl.select(
            pl.when(named).then('","inferenceId":"' + name).otherwise(pl.lit(""))).to_series())
        labels.append(pl.DataFrame({"id": pl.select(pl.when(named).then(name).otherwise(event)).to_series(),
                                    "label": (rng.random(rows) < score).astype(int)}))
    lines = columns.select(pl.format(
        '\x01"captureData":\x01"endpointInput":\x01"observedContentType":"text/csv","mode":"INPUT","data":"{}","encoding":"CSV"\x02,'
        '"endpointOutput":\x01"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"{},{}","encoding":"CSV"\x02\x02,'
        '"eventMetadata":\x01"eventId":"{}{}","inferenceTime":"{}"\x02,"eventVersion":"0"\x02', "b", "l", "p", "e", "n", "t")
        .str.replace_all("\x01", "{", literal=True).str.replace_all("\x02", "}", literal=True)).to_series()
    return "\n".join(lines.to_list()) + "\n"


def label_lines(rng, labels):
    labels = pl.concat(labels)
    picked = rng.permutation(labels.height)[: labels.height * 9 // 10]
    picked = np.concatenate([picked, rng.choice(picked, len(picked) // 200, replace=False)])
    rng.shuffle(picked)
    lines = labels[picked].select(pl.format(
        '\x01"groundTruthData":\x01"data":"{}","encoding":"CSV"\x02,"eventMetadata":\x01"eventId":"{}"\x02,"eventVersion":"0"\x02', "label", "id")
        .str.replace_all("\x01", "{", literal=True).str.replace_all("\x02", "}", literal=True)).to_series()
    return "\n".join(lines.to_list()) + "\n"


def main():
    rows, out = int(sys.argv[1]), sys.argv[2]
    rng = np.random.default_rng(20260304)
    labels = [] if len(sys.argv) == 4 else None
    with open(out, "wb") as file:
        for done in range(0, rows, CHUNK):
            frame = table(rng, min(CHUNK, rows - done))
            if out.endswith(".jsonl"):
                file.write(captured(rng, frame, labels, done).encode())
            else:
                frame.write_csv(file, include_header=done == 0)
    if labels is not None:
        with open(sys.argv[3], "wb") as file:
            file.write(label_lines(rng, labels).encode())


main()
