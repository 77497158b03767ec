"""vigil settings: what is wrong, where, and how to mend it."""
import json

from stage import ROOT, case, reference


@case
def valid_samples_are_accepted(stage):
    samples = sorted((ROOT / "shared/settings/samples/valid").glob("*.yaml"))
    assert samples
    for sample in samples:
        stage.vigil("settings", "check", sample)


@case
def invalid_samples_name_line_and_column(stage):
    samples = sorted((ROOT / "shared/settings/samples/invalid").glob("*.yaml"))
    assert samples
    for sample in samples:
        _, err = stage.vigil("settings", "check", sample, code=1)
        where = f"{sample.name}:"
        assert where in err, f"{sample.name}: {err}"
        line, column = err.split(where, 1)[1].split(":")[:2]
        assert int(line) >= 1 and int("".join(c for c in column if c.isdigit())) >= 1, err


@case
def schema_is_a_json_schema(stage):
    out, _ = stage.vigil("settings", "schema")
    schema = json.loads(out)
    assert schema["$schema"].startswith("https://json-schema.org/"), out[:200]
    assert "defaults" in schema["properties"], list(schema["properties"])


@case
def module_manifests_become_settings_that_hold(stage):
    for manifest in sorted(reference("data/module-manifests").glob("*.yaml")):
        out, _ = stage.vigil("settings", "import", manifest)
        stage.write("imported.yaml", out)
        stage.vigil("settings", "check", "imported.yaml")
