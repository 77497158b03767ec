"""The flip test by smclarify: `make ROWS COLUMNS TABLE` draws a table, `ask TABLE` prints what smclarify says of it."""
import sys

import numpy as np
import pandas as pd


def make(rows, columns, path):
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.normal(size=(rows, columns)).round(6), columns=[f"x{at}" for at in range(columns)])
    table["s"] = rng.choice(["f", "m"], rows, p=[0.3, 0.7])
    table["y"] = (rng.random(rows) < 0.4).astype(int)
    table["p"] = (table["x0"] + (table["s"] == "f") * 0.6 + rng.normal(0, 0.5, rows) > 0).astype(int)
    table.to_csv(path, index=False)


def ask(path):
    from smclarify.bias.metrics import posttraining

    table = pd.read_csv(path)
    features = table.drop(columns=["s", "y", "p"])
    print(repr(float(posttraining.FT(features, table["s"] == "f", table["p"] == 1))))


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
else:
    ask(sys.argv[2])
