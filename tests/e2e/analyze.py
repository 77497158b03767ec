"""vigil baseline and analyze: real tables, bad input of every kind, what a person sees."""
import gzip
import json

from stage import Skipped, case, reference

TABLE = "age,plan,income\n" + "".join(f"{20 + i % 40},{'basic' if i % 5 else 'pro'},{1000 + (i * 7919) % 997}.5\n" for i in range(3000))


def learn(stage, name="table.csv", text=TABLE, out="base", *args):
    stage.write(name, text)
    stage.vigil("baseline", "data-quality", "--dataset", name, "--output", out, *args)
    return stage.json(f"{out}/statistics.json")


@case
def baseline_of_a_table_reads_back(stage):
    statistics = learn(stage)
    assert statistics["version"] == 0.0 and statistics["dataset"]["item_count"] == 3000
    types = {it["name"]: it["inferred_type"] for it in statistics["features"]}
    assert types == {"age": "Integral", "plan": "String", "income": "Fractional"}
    domains = {it["name"]: it.get("string_constraints") for it in stage.json("base/constraints.json")["features"]}
    assert sorted(domains["plan"]["domains"]) == ["basic", "pro"]


@case
def unchanged_table_has_no_violations(stage):
    learn(stage)
    stage.vigil("analyze", "data-quality", "--dataset", "table.csv", "--baseline", "base", "--output", "run")
    assert stage.json("run/constraint_violations.json")["violations"] == []
    report = stage.path("run/report.html").read_text()
    assert report.lower().startswith("<!doctype html>") and "<script" not in report and "http://" not in report.replace("http://www.w3.org", "")


@case
def changed_table_exits_with_three(stage):
    learn(stage)
    stage.write("now.csv", TABLE.replace("basic", "gold"))
    out, _ = stage.vigil("analyze", "data-quality", "--dataset", "now.csv", "--baseline", "base", "--output", "run", code=3)
    assert "plan" in out
    checks = {(it["feature_name"], it["constraint_check_type"]) for it in stage.json("run/constraint_violations.json")["violations"]}
    assert ("plan", "categorical_values_check") in checks and ("plan", "baseline_drift_check") in checks, checks
    out, _ = stage.vigil("analyze", "data-quality", "--dataset", "now.csv", "--baseline", "base", "--output", "run", "--json", code=3)
    assert {it["feature"] for it in json.loads(out)["findings"]} == {"plan"}


@case
def churn_runs_end_to_end(stage):
    train, now = reference("data/churn/training-dataset-with-header.csv"), reference("data/churn/validation-dataset-with-header.csv")
    stage.vigil("baseline", "data-quality", "--dataset", train, "--output", "base")
    assert len(stage.json("base/statistics.json")["features"]) == 70
    # AWS's own verdict on unchanged data: completeness and types hold; nothing drifts at this size.
    stage.vigil("analyze", "data-quality", "--dataset", now, "--baseline", "base", "--output", "run")
    # the header-less copy aligns by position
    stage.vigil("analyze", "data-quality", "--dataset", reference("data/churn/validation.csv"), "--header", "false",
                "--baseline", "base", "--output", "run2")
    assert stage.json("run/constraint_violations.json") == stage.json("run2/constraint_violations.json")


@case
def same_input_gives_the_same_bytes(stage):
    learn(stage)
    first = stage.path("base/statistics.json").read_bytes()
    learn(stage, out="again")
    assert first == stage.path("again/statistics.json").read_bytes()


@case
def gzip_and_folders_are_read(stage):
    for i in range(3):
        stage.write(f"in/part-{i}.csv.gz", gzip.compress(TABLE.encode()))
    stage.vigil("baseline", "data-quality", "--dataset", "in", "--output", "base")
    assert stage.json("base/statistics.json")["dataset"]["item_count"] == 9000


@case
def unreadable_rows_are_set_aside_and_kept(stage):
    text = TABLE + "1,2\n3,4,5,6\n"
    stage.write("t.csv", text)
    out, err = stage.vigil("baseline", "data-quality", "--dataset", "t.csv", "--output", "base")
    assert stage.json("base/statistics.json")["dataset"]["item_count"] == 3000
    assert "2" in out + err and "set aside" in out + err, out + err
    kept = [json.loads(line) for line in stage.path("base/set_aside.jsonl").read_text().splitlines()]
    assert [it["offset"] for it in kept] == [len(TABLE), len(TABLE) + 4] and all(it["reason"] for it in kept), kept
    assert all(it["source"].endswith("t.csv") for it in kept)


@case
def half_a_gzip_counts_as_far_as_it_goes(stage):
    stage.write("half.csv.gz", gzip.compress(TABLE.encode())[:200])
    _, err = stage.vigil("baseline", "data-quality", "--dataset", "half.csv.gz", "--output", "base")
    assert "half.csv.gz" in err and "1 record was set aside" in err, err
    assert 0 < stage.json("base/statistics.json")["dataset"]["item_count"] < 3000


BAD = {
    "missing file": (["--dataset", "none.csv"], "none.csv"),
    "empty file": (["--dataset", "empty.csv"], "empty.csv"),
    "header only": (["--dataset", "header.csv"], "no rows"),
    "empty folder": (["--dataset", "folder"], "folder"),
    "not a parquet": (["--dataset", "torn.parquet"], "torn.parquet"),
}


@case
def bad_inputs_say_where_and_what_to_do(stage):
    stage.write("empty.csv", "")
    stage.write("header.csv", "a,b\n")
    stage.path("folder").mkdir()
    stage.write("torn.parquet", b"PAR1" + b"\0" * 100)
    for name, (args, word) in BAD.items():
        out, err = stage.vigil("baseline", "data-quality", *args, "--output", "o", code=1)
        assert word in err, f"{name}: {err}"


@case
def odd_bytes_never_crash(stage):
    odd = {"bom.csv": b"\xef\xbb\xbfa,b\r\n1,2\r\n", "nul.csv": b"a,b\n1,\0\n", "latin.csv": b"a,b\n1,\xe9\xe8\n", "wide.csv":
           b",".join(b"c%d" % i for i in range(5000)) + b"\n" + (b",".join(b"1" for _ in range(5000)) + b"\n") * 20,
           "quotes.csv": b'a,b\n"x\ny","say ""hi"""\n', "dup.csv": b"a,a\n1,2\n"}
    for name, data in odd.items():
        stage.write(name, data)
        stage.vigil("baseline", "data-quality", "--dataset", name, "--header", "true", "--output", "o")
    assert stage.json("o/statistics.json")["dataset"]["item_count"] == 1


@case
def unknown_option_is_a_usage_error(stage):
    stage.vigil("baseline", "data-quality", "--datasets", "x", code=2)
    stage.vigil("baseline", code=2)


@case
def baseline_without_statistics_says_what_is_not_compared(stage):
    learn(stage)
    stage.path("base/statistics.json").unlink()
    _, err = stage.vigil("analyze", "data-quality", "--dataset", "table.csv", "--baseline", "base", "--output", "run")
    assert "statistics.json" in err and "drift is not compared" in err, err


@case
def broken_baseline_files_are_named(stage):
    learn(stage)
    stage.write("base/constraints.json", '{"version":0.0,"features":[{"name":1}]}')
    _, err = stage.vigil("analyze", "data-quality", "--dataset", "table.csv", "--baseline", "base", "--output", "run", code=1)
    assert "constraints.json" in err and "features" in err, err


@case
def parquet_gives_the_same_statistics(stage):
    try:
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError as why:
        raise Skipped("pyarrow is not in this Python") from why
    learn(stage)
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(stage.path("table.csv")), stage.path("table.parquet"))
    stage.vigil("baseline", "data-quality", "--dataset", "table.parquet", "--output", "parquet")
    assert stage.json("parquet/statistics.json") == stage.json("base/statistics.json")
