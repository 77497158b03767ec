"""Tables of known content: columns of cells, a cell is a text or None."""
import csv
import json
import re

import numpy as np


def write_csv(stage, name, table):
    """An empty unquoted field is missing, an empty quoted one is a text."""
    def field(cell):
        if cell is None:
            return ""
        quoted = cell == "" or any(sign in cell for sign in ',"\r\n')
        return '"' + cell.replace('"', '""') + '"' if quoted else cell

    rows = zip(*table.values())
    lines = [",".join(map(field, table))] + [",".join(map(field, row)) for row in rows]
    return stage.write(name, "\n".join(lines) + "\n")


def write_json_lines(stage, name, table):
    """Numbers stand as they are spelled, where JSON can spell them so."""
    def member(cell):
        plain = cell is not None and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", cell)
        return cell if plain else json.dumps(cell)

    names = [json.dumps(name) for name in table]
    lines = ["{" + ",".join(f"{n}:{member(cell)}" for n, cell in zip(names, row)) + "}" for row in zip(*table.values())]
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
