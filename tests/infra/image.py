"""The analyzer's image: read as any container engine reads it, then run as SageMaker runs it.

    VIGIL_STATIC=path/to/static/vigil image.py        prints `N passed, M failed`
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "infra" / "image" / "build"
STATIC = Path(os.environ["VIGIL_STATIC"])
ROWS = 2000
ENVIRONMENT = {
    "dataset_source": "/opt/ml/processing/input/endpoint",
    "output_path": "/opt/ml/processing/output",
    "dataset_format": '{"csv":{"header":"true"}}',
    "publish_cloudwatch_metrics": "Disabled",
}
cases = []


def case(function):
    cases.append(function)
    return function


def build(out, binary=STATIC):
    return subprocess.run([BUILD, "--binary", binary, "--out", out], capture_output=True, text=True)


def blob(layout, descriptor):
    data = (layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    assert len(data) == descriptor["size"], descriptor
    assert "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"], descriptor
    return data


def unpack(layout, rootfs):
    """Follows the layout from its index to the root file system, checking each digest on the way."""
    assert json.loads((layout / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    entry, = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(layout, entry))
    assert manifest["schemaVersion"] == 2 and manifest["mediaType"] == entry["mediaType"]
    config = json.loads(blob(layout, manifest["config"]))
    assert {it: config[it] for it in ("architecture", "os")} == entry["platform"]
    for descriptor, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
        tar = gzip.decompress(blob(layout, descriptor))
        assert "sha256:" + hashlib.sha256(tar).hexdigest() == diff_id
        with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
            archive.extractall(rootfs, filter="tar")
    return manifest, config


def furnish(rootfs):
    """Lays what SageMaker would mount."""
    data = rootfs / "opt/ml/processing/input/endpoint/train.csv"
    data.parent.mkdir(parents=True)
    data.write_text("age,plan\n" + "".join(f"{20 + i % 40},{'basic' if i % 5 else 'pro'}\n" for i in range(ROWS)))


def found(rootfs):
    statistics = json.loads((rootfs / "opt/ml/processing/output/statistics.json").read_text())
    message = (rootfs / "opt/ml/output/message").read_text()
    assert message.startswith("Completed: "), message
    ages = statistics["features"][0]["numerical_statistics"]
    # Every age from 20 to 59 comes equally often.
    assert (ages["mean"], ages["min"], ages["max"], statistics["dataset"]["item_count"]) == (39.5, 20, 59, ROWS)
    return (rootfs / "opt/ml/processing/output/constraints.json").read_bytes()


@case
def digests_hold_from_index_to_layer(folder):
    assert build(folder / "image").returncode == 0
    manifest, config = unpack(folder / "image", folder / "rootfs")
    assert config["config"]["Entrypoint"] == ["/vigil", "processing"]
    packed = sum(it["size"] for it in manifest["layers"])
    print(f"layer: {packed:,} bytes compressed, binary {STATIC.stat().st_size:,}")
    assert packed <= 15_000_000


@case
def same_binary_gives_the_same_digest(folder):
    first, second = build(folder / "a"), build(folder / "b")
    assert first.stdout == second.stdout and first.stdout.startswith("sha256:")
    index = lambda it: (folder / it / "index.json").read_bytes()
    assert index("a") == index("b")


@case
def image_runs_where_there_is_nothing_else(folder):
    build(folder / "image")
    _, config = unpack(folder / "image", folder / "rootfs")
    furnish(folder / "rootfs")
    command = config["config"]["Entrypoint"]
    inside = shutil.which("unshare") and subprocess.run(
        ["unshare", "--map-root-user", "--net", "--root", folder / "rootfs", "/vigil", "--version"], capture_output=True).returncode == 0
    if inside:
        ran = subprocess.run(["unshare", "--map-root-user", "--net", "--root", folder / "rootfs", *command],
                             env=ENVIRONMENT, capture_output=True, text=True)
    else:
        print("skipped: no user namespaces here; run under VIGIL_ROOT")
        program = folder / "rootfs" / command[0].lstrip("/")
        ran = subprocess.run([program, *command[1:]], env=ENVIRONMENT | {"VIGIL_ROOT": str(folder / "rootfs")}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    found(folder / "rootfs")


@case
def root_folder_stands_for_the_container(folder):
    build(folder / "image")
    unpack(folder / "image", folder / "rootfs")
    furnish(folder / "rootfs")
    ran = subprocess.run([folder / "rootfs" / "vigil", "processing"], env=ENVIRONMENT | {"VIGIL_ROOT": str(folder / "rootfs")},
                         capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    found(folder / "rootfs")


@case
def binary_that_wants_a_loader_is_refused(folder):
    ran = build(folder / "image", binary=Path(sys.executable).resolve())
    assert ran.returncode != 0 and "loader" in ran.stderr, ran.stderr
    assert not (folder / "image").exists()


@case
def folder_with_other_things_is_left_alone(folder):
    (folder / "image").mkdir()
    (folder / "image" / "notes").write_text("mine")
    ran = build(folder / "image")
    assert ran.returncode != 0 and "something else" in ran.stderr, ran.stderr
    assert [it.name for it in (folder / "image").iterdir()] == ["notes"]


def main():
    failed = 0
    for it in cases:
        with tempfile.TemporaryDirectory() as folder:
            try:
                it(Path(folder))
            except Exception as why:  # one case's trouble is not the next one's
                failed += 1
                print(f"FAILED {it.__name__}: {type(why).__name__}: {why}")
    print(f"image: {len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
