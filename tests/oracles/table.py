"""Tables of known content: columns of cells, a cell is a text or None."""
import base64
import csv
import json
import re

import numpy as np


def csv_field(cell):
    """An empty unquoted field is missing, an empty quoted one is a text."""
    if cell is None:
        return ""
    quoted = cell == "" or any(sign in cell for sign in ',"\r\n')
    return '"' + cell.replace('"', '""') + '"' if quoted else cell


def write_csv(stage, name, table):
    lines = [",".join(map(csv_field, row)) for row in [list(table), *zip(*table.values())]]
    return stage.write(name, "\n".join(lines) + "\n")


def json_member(cell):
    """A number stands as it is spelled, where JSON can spell it so."""
    plain = cell is not None and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", cell)
    return cell if plain else json.dumps(cell)


def json_object(names, row):
    return "{" + ",".join(f"{json.dumps(name)}:{json_member(cell)}" for name, cell in zip(names, row)) + "}"


def write_json_lines(stage, name, table):
    return stage.write(name, "".join(json_object(table, row) + "\n" for row in zip(*table.values())))


def write_captures(stage, name, table, outputs, encodings, seed):
    """Captured records whose output is the first `outputs` columns: of some rows each where CSV is spoken, and among
    them shadow records of other content, which do not count (reference: formats B.2, D.7)."""
    rng = np.random.default_rng(seed)
    names, rows, lines = list(table), list(zip(*table.values())), []

    def record(encoding, inputs, answers, shadow=False):
        def part(mode, text):
            as_base64 = encoding == "BASE64"
            return {"observedContentType": rng.choice([None, "text/csv", "text/csv; charset=utf-8"]), "mode": mode,
                    "data": base64.b64encode(text.encode()).decode() if as_base64 else text, "encoding": encoding}

        event = {"eventId": f"{len(lines):08}", "inferenceTime": "2026-03-04T10:20:48Z"}
        if shadow:
            event["invocationSource"] = "ShadowExperiment"
        lines.append(json.dumps({"captureData": {"endpointInput": part("INPUT", inputs), "endpointOutput": part("OUTPUT", answers)},
                                 "eventMetadata": event, "eventVersion": "0"}))

    at = 0
    while at < len(rows):
        encoding = str(rng.choice(encodings))
        some = rows[at:at + (1 if encoding == "JSON" else int(rng.integers(1, 4)))]
        at += len(some)
        if encoding == "JSON":
            record(encoding, json_object(names[outputs:], some[0][outputs:]), json_object(names[:outputs], some[0][:outputs]))
        else:
            sides = [[row[outputs:] for row in some], [row[:outputs] for row in some]]
            texts = ["\n".join(",".join(map(csv_field, row)) for row in side) for side in sides]
            record(encoding, texts[0] + str(rng.choice(["", "\n"])), texts[1])
        if rng.random() < 0.05:
            record("CSV", "1,2,3", "9", shadow=True)
    return stage.write(name, "\n".join(lines) + "\n")


def read_csv(path, header=True):
    """A CSV without quotes as a table."""
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    names = rows.pop(0) if header else [f"_c{i}" for i in range(len(rows[0]))]
    return {name: [cell if cell else None for cell in column] for name, column in zip(names, zip(*rows))}


def random_table(seed, rows):
    """Columns of every kind that the type rules and the summaries tell apart."""
    rng = np.random.default_rng(seed)

    def texts(values):
        return [str(value) for value in values]

    def with_missing(cells, share):
        return [None if rng.random() < share else cell for cell in cells]

    def mixed(*kinds):
        which = rng.integers(0, len(kinds), rows)
        return [kinds[k]() for k in which]

    words = np.array([f"word {i}" for i in range(30_000)])
    shares = rng.dirichlet(np.ones(40))
    table = {
        "uniform": texts(rng.integers(-1000, 1000, rows)),
        "few integers": texts(rng.integers(0, 10, rows)),
        "flag": texts((rng.random(rows) < 0.03).astype(int)),
        "normal": texts(rng.normal(5, 3, rows)),
        "heavy tail": texts(np.exp(rng.normal(0, 3, rows))),
        "far outlier": texts(np.where(rng.random(rows) < 2 / rows, 1e12, rng.normal(0, 1, rows))),
        "tenths": [f"{x / 10:.1f}" for x in rng.integers(0, 50, rows)],
        "large offset": texts(1e9 + rng.normal(0, 1, rows)),
        "exponents": [f"{x:.3e}" for x in rng.normal(0, 1e-7, rows)],
        "signs": [f"+{x}" if x > 0 else str(x) for x in rng.integers(-9, 9, rows)],
        "blank after sign": [f"- {x}" for x in rng.integers(1, 99, rows)],
        "integers and fractions": mixed(lambda: str(rng.integers(0, 99)), lambda: f"{rng.random():.6f}"),
        "rising": texts(np.arange(rows)),
        "falling": texts(-np.arange(rows) / 7),
        "constant": ["42"] * rows,
        "huge": [f"{x:.17e}" for x in rng.normal(0, 1, rows) * 1e150],
        "some missing": with_missing(texts(rng.normal(0, 1, rows)), 0.2),
        "nearly all missing": with_missing(texts(rng.integers(0, 9, rows)), 0.999),
        "all missing": [None] * rows,
        "booleans": mixed(lambda: "true", lambda: "false"),
        "booleans and numbers": mixed(lambda: "true", lambda: str(rng.integers(0, 9))),
        "numbers and text": ["n/a" if rng.random() < 0.01 else str(x) for x in rng.integers(0, 50, rows)],
        "not quite numbers": mixed(lambda: ".5", lambda: "5.", lambda: "NaN", lambda: "inf", lambda: " 7", lambda: "1e"),
        "plans": texts(rng.choice([f"plan {i}" for i in range(40)], rows, p=shares)),
        "plans with missing": with_missing(texts(rng.choice(["basic", "pro", "gold"], rows)), 0.1),
        "120 values": texts(words[np.arange(rows) % 120]),
        "121 values": texts(words[np.arange(rows) % 121]),
        "thousands": texts(rng.choice(words[:3000], rows)),
        "many": texts(rng.choice(words, rows)),
        "hostile": mixed(lambda: 'a "b", c', lambda: "two\nlines", lambda: "ünïcödé 🦀", lambda: "", lambda: "TRUE"),
    }
    assert all(len(column) == rows for column in table.values())
    return table
