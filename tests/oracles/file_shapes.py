"""The files' shapes: members, kinds of numbers, and files as AWS writes them (reference: formats D.1, D.4, D.5)."""
import json

from analysis import analyze
from stage import case
from table import random_table, write_csv


class Double(float):
    """A number that is spelled as a double."""


def strictly(path):
    def double(text):
        assert "." in text or "e" in text
        return Double(text)

    def no_constant(text):
        raise AssertionError(f"{text} is not JSON")

    return json.loads(path.read_text(), parse_float=double, parse_constant=no_constant)


COMMON = {"num_present": int, "num_missing": int}
STATISTICS = {
    "version": Double, "dataset": {"item_count": int},
    "features": [{
        "name": str, "inferred_type": {"Integral", "Fractional", "String", "Unknown"},
        "?numerical_statistics": {
            "common": COMMON, "mean": Double, "sum": Double, "std_dev": Double, "min": Double, "max": Double,
            "distribution": {"kll": {
                "buckets": [{"lower_bound": Double, "upper_bound": Double, "count": Double}],
                "sketch": {"parameters": {"c": Double, "k": Double}, "data": [[Double]]}}}},
        "?string_statistics": {
            "common": COMMON, "?distinct_count": Double,
            "?distribution": {"categorical": {"buckets": [{"value": str, "count": int}]}}}}]}
SWITCH = {"Enabled", "Disabled"}
CONSTRAINTS = {
    "version": Double,
    "features": [{
        "name": str, "inferred_type": {"Integral", "Fractional", "String", "Unknown"}, "?completeness": Double,
        "?num_constraints": {"is_non_negative": bool}, "?string_constraints": {"domains": [str]}}],
    "monitoring_config": {
        "evaluate_constraints": SWITCH, "emit_metrics": SWITCH,
        "datatype_check_threshold": Double, "domain_content_threshold": Double,
        "distribution_constraints": {
            "perform_comparison": SWITCH, "comparison_threshold": Double, "comparison_method": {"Simple", "Robust"},
            "categorical_comparison_threshold": Double, "categorical_drift_method": {"LInfinity", "ChiSquared"}}}}
VIOLATIONS = {"violations": [{
    "feature_name": str, "description": str,
    "constraint_check_type": {"data_type_check", "completeness_check", "baseline_drift_check", "missing_column_check",
                              "extra_column_check", "categorical_values_check"}}]}


def has_shape(value, shape, path="file"):
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{path} is an object"
        members = {name.removeprefix("?"): (name, inner) for name, inner in shape.items()}
        assert set(value) <= set(members), f"{path} has {set(value) - set(members)}"
        for member, (name, inner) in members.items():
            assert member in value or name.startswith("?"), f"{path} lacks {member}"
            if member in value:
                has_shape(value[member], inner, f"{path}.{member}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{path} is a list"
        for at, item in enumerate(value):
            has_shape(item, shape[0], f"{path}[{at}]")
    elif isinstance(shape, set):
        assert value in shape, f"{path} is {value}"
    else:
        assert type(value) is shape, f"{path} is {type(value).__name__}, not {shape.__name__}"


@case
def files_have_the_members_of_aws(stage):
    table = random_table(31, 3_000)
    path = write_csv(stage, "table.csv", table)
    stage.vigil("baseline", "data-quality", "--dataset", path, "--header", "true", "--output", stage.path("base"))
    has_shape(strictly(stage.path("base/statistics.json")), STATISTICS)
    has_shape(strictly(stage.path("base/constraints.json")), CONSTRAINTS)
    now = {name: ["odd"] * 3_000 for name in list(table)[2:]} | {"extra": ["1"] * 3_000}
    assert analyze(stage, write_csv(stage, "now.csv", now), stage.path("base"), "--header", "true")
    has_shape(strictly(stage.path("analysis/constraint_violations.json")), VIOLATIONS)
    has_shape(strictly(stage.path("analysis/statistics.json")), STATISTICS)


# Samples after the reference, with the blanks and the order of members of Spark's writer.
AWS_STATISTICS = """{
  "version" : 0.0,
  "dataset" : { "item_count" : 1000 },
  "features" : [ {
    "name" : "age", "inferred_type" : "Integral",
    "numerical_statistics" : {
      "common" : { "num_present" : 8, "num_missing" : 0 },
      "mean" : 4.5, "sum" : 36.0, "std_dev" : 2.29128784747792, "min" : 1.0, "max" : 8.0,
      "distribution" : { "kll" : {
        "buckets" : [ { "lower_bound" : 1.0, "upper_bound" : 8.0, "count" : 8.0 } ],
        "sketch" : { "parameters" : { "c" : 0.64, "k" : 2048.0 }, "data" : [ [ 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0 ] ] } } } }
  }, {
    "name" : "plan", "inferred_type" : "String",
    "string_statistics" : {
      "common" : { "num_present" : 8, "num_missing" : 0 }, "distinct_count" : 2.0,
      "distribution" : { "categorical" : { "buckets" : [ { "value" : "pro", "count" : 3 }, { "value" : "basic", "count" : 5 } ] } } }
  }, {
    "name" : "note", "inferred_type" : "Unknown",
    "string_statistics" : { "common" : { "num_present" : 0, "num_missing" : 8 } }
  } ]
}"""
AWS_CONSTRAINTS = """{
  "version" : 0.0,
  "features" : [
    { "name" : "age", "inferred_type" : "Integral", "completeness" : 1.0, "num_constraints" : { "is_non_negative" : true } },
    { "name" : "plan", "inferred_type" : "String", "completeness" : 1.0, "string_constraints" : { "domains" : [ "basic", "pro" ] } },
    { "name" : "note", "inferred_type" : "Unknown", "completeness" : 0.0 } ],
  "monitoring_config" : {
    "evaluate_constraints" : "Enabled", "emit_metrics" : "Enabled",
    "datatype_check_threshold" : 1.0, "domain_content_threshold" : 1.0,
    "distribution_constraints" : { "perform_comparison" : "Enabled", "comparison_threshold" : 0.1, "comparison_method" : "Robust",
      "categorical_comparison_threshold" : 0.1, "categorical_drift_method" : "LInfinity" }
  }
}"""


def analyzed(stage, table):
    found = analyze(stage, write_csv(stage, "now.csv", table), stage.path("aws"), "--format", "csv", "--header", "true")
    return [(it["feature_name"], it["constraint_check_type"]) for it in found]


@case
def files_of_aws_are_a_baseline(stage):
    stage.write("aws/statistics.json", AWS_STATISTICS)
    stage.write("aws/constraints.json", AWS_CONSTRAINTS)
    same = {"age": [str(n) for n in range(1, 9)] * 50, "plan": (["basic"] * 5 + ["pro"] * 3) * 50, "note": ["hello"] * 400}
    assert analyzed(stage, same) == []
    far = {"age": ["100", "101"] * 200, "plan": ["gold"] * 400, "note": [None] * 400}
    assert analyzed(stage, far) == [("age", "baseline_drift_check"), ("plan", "baseline_drift_check"),
                                    ("plan", "categorical_values_check")]


@case
def unknown_members_and_old_versions_are_passed_over(stage):
    for version in ["0", "\"1.0\"", "1"]:
        stage.write("aws/statistics.json", AWS_STATISTICS.replace("0.0", version, 1))
        old = AWS_CONSTRAINTS.replace("0.0", version, 1).replace(
            '"perform_comparison" : "Enabled"', '"perform_comparison" : "Enabled", "enable_comparisons" : true, "min_domain_mass" : 1.0')
        stage.write("aws/constraints.json", old.replace('"version"', '"owner" : { "team" : 1 }, "version"', 1))
        assert analyzed(stage, {"age": ["100"] * 9, "plan": ["pro"] * 9, "note": [None] * 9})[0] == ("age", "baseline_drift_check")


@case
def faults_in_a_baseline_are_told_by_member_and_line(stage):
    stage.write("aws/constraints.json", AWS_CONSTRAINTS)
    stage.write("aws/statistics.json", AWS_STATISTICS.replace("4.5", '"secret"'))
    now = write_csv(stage, "now.csv", {"age": ["1"]})
    _, told = stage.vigil("analyze", "data-quality", "--dataset", now, "--baseline", stage.path("aws"),
                          "--output", stage.path("out"), code=1)
    assert "features[0].numerical_statistics.mean is not a number (line 8" in told, told
    assert "secret" not in told
