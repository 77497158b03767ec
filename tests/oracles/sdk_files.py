"""The SageMaker Python SDK reads our files with its own classes, and we honour what it writes."""
import json
import logging
import os

from analysis import analyze
from stage import case
from table import random_table, write_csv

logging.disable(logging.WARNING)
os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"
from sagemaker.model_monitor import Constraints, ConstraintViolations, Statistics  # noqa: E402


class Bucket:
    """What these classes ask of a session: texts in one bucket."""
    default_bucket_prefix = None

    def __init__(self):
        self.texts = {}

    def default_bucket(self):
        return "vigil-oracle"

    def upload_string_as_file_body(self, body, bucket, key, kms_key=None):
        self.texts[bucket, key] = body

    def read_s3_file(self, bucket, key_prefix):
        return self.texts[bucket, key_prefix]


def baseline(stage):
    table = {name: column for name, column in random_table(21, 2_000).items() if name != "nearly all missing"}
    path = write_csv(stage, "table.csv", table)
    stage.vigil("baseline", "data-quality", "--dataset", path, "--header", "true", "--output", stage.path("base"))
    return table


def drifted(table):
    return table | {"uniform": ["5000"] * 2_000, "plans": ["plan 99"] * 2_000, "normal": [None] * 2_000}


def checks(found):
    return {(it["feature_name"], it["constraint_check_type"]) for it in found}


@case
def statistics_are_read(stage):
    table = baseline(stage)
    read = Statistics.from_file_path(str(stage.path("base/statistics.json")), sagemaker_session=Bucket())
    assert [feature["name"] for feature in read.body_dict["features"]] == list(table)
    assert read.body_dict["dataset"]["item_count"] == 2_000
    assert read.file_s3_uri.endswith("/statistics.json")


@case
def constraints_are_read_and_saved_back(stage):
    table = baseline(stage)
    bucket = Bucket()
    read = Constraints.from_file_path(str(stage.path("base/constraints.json")), sagemaker_session=bucket)
    assert [feature["name"] for feature in read.body_dict["features"]] == list(table)
    saved = read.save("s3://vigil-oracle/saved/constraints.json")
    again = Constraints.from_s3_uri(saved, sagemaker_session=bucket)
    assert again.body_dict == read.body_dict
    stage.write("base/constraints.json", bucket.texts["vigil-oracle", "saved/constraints.json"])
    assert analyze(stage, stage.path("table.csv"), stage.path("base"), "--header", "true") == []


@case
def violations_are_read(stage):
    table = baseline(stage)
    found = analyze(stage, write_csv(stage, "now.csv", drifted(table)), stage.path("base"), "--header", "true")
    read = ConstraintViolations.from_file_path(
        str(stage.path("analysis/constraint_violations.json")), sagemaker_session=Bucket())
    assert read.body_dict == {"violations": found} and found


@case
def switches_set_by_the_sdk_are_honoured(stage):
    table = baseline(stage)
    now = write_csv(stage, "now.csv", drifted(table))
    bucket = Bucket()
    constraints = Constraints.from_file_path(str(stage.path("base/constraints.json")), sagemaker_session=bucket)

    def found():
        stage.write("base/constraints.json", json.dumps(constraints.body_dict))
        return checks(analyze(stage, now, stage.path("base"), "--header", "true"))

    everything = {("uniform", "baseline_drift_check"), ("plans", "baseline_drift_check"),
                  ("plans", "categorical_values_check"), ("normal", "completeness_check")}
    assert found() == everything
    constraints.set_monitoring(False, feature_name="plans")
    assert found() == {it for it in everything if it[0] != "plans"}
    constraints.set_monitoring(False, feature_name="normal")
    assert found() == {("uniform", "baseline_drift_check")}
    constraints.set_monitoring(True, feature_name="plans")
    constraints.set_monitoring(True, feature_name="normal")
    assert found() == everything
    constraints.set_monitoring(False)
    assert found() == set()
    constraints.set_monitoring(True)
    assert found() == everything

