"""The settings' JSON Schema against jsonschema: it takes and refuses what `vigil settings check` does."""
import json

import jsonschema
import yaml
from stage import ROOT, case

SAMPLES = ROOT / "shared/settings/samples"
# What no schema can tell: text that is not YAML, and two settings that contradict each other.
BEYOND = ("yaml-", "together-")


def validator(stage):
    out, _ = stage.vigil("settings", "schema")
    schema = json.loads(out)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@case
def schema_takes_every_valid_sample(stage):
    schema = validator(stage)
    samples = sorted((SAMPLES / "valid").glob("*.yaml"))
    for sample in samples:
        wrong = [f"{sample.name}: {it.message}" for it in schema.iter_errors(yaml.safe_load(sample.read_text()))]
        assert not wrong, wrong
    return f"{len(samples)} samples"


@case
def schema_refuses_what_check_refuses(stage):
    schema = validator(stage)
    samples = [it for it in sorted((SAMPLES / "invalid").glob("*.yaml")) if not it.name.startswith(BEYOND)]
    for sample in samples:
        assert not schema.is_valid(yaml.safe_load(sample.read_text())), sample.name
    return f"{len(samples)} samples"


@case
def schema_refuses_each_setting_gone_wrong(stage):
    """Every setting of the fullest sample, replaced by a value of another kind, is refused by both."""
    schema = validator(stage)
    whole = yaml.safe_load((SAMPLES / "valid/everything-once.yaml").read_text())
    (pattern, endpoint), = whole["endpoints"].items()
    places = [(name,) for name, it in endpoint.items() if not isinstance(it, dict) or name == "tags"]
    places += [(block, name) for block, it in endpoint.items() if isinstance(it, dict) and block != "tags" for name in it]
    for place in places:
        changed = json.loads(json.dumps(endpoint))
        inner = changed[place[0]] if len(place) == 2 else changed
        inner[place[-1]] = [["nothing takes this"]]
        whole["endpoints"] = {pattern: changed}
        assert not schema.is_valid(whole), place
        stage.write("changed.yaml", json.dumps(whole))
        _, err = stage.vigil("settings", "check", "changed.yaml", code=1)
        assert ".".join(place) in err, (place, err)
    return f"{len(places)} settings"
