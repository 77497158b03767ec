"""Runs the linters over infra/. Every finding has a reason in exceptions.json, and every reason a finding.

    lint.py        prints `N passed, M failed`; a check is one tool over one text
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from template import EVERYTHING, INFRA, PARTITIONS, Resolver, expand, load, policies

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
REASONS = json.loads((HERE / "exceptions.json").read_text())
passed, failed, used = 0, 0, set()


def excused(tool, rule, on):
    """Whether a finding has a reason: by tool, rule and (where it names them) the thing it is on."""
    for index, it in enumerate(REASONS):
        if it["tool"] == tool and it["rule"] == rule and ("on" not in it or on in it["on"]):
            used.add(index)
            return True
    return False


def check(name, findings):
    """Takes the findings of one tool over one text: (tool, rule, on, words)."""
    global passed, failed
    left = [it for it in findings if not excused(*it[:3])]
    for tool, rule, on, words in left:
        print(f"{name}: {tool} {rule} on {on}: {words}")
    passed, failed = passed + (not left), failed + bool(left)


def cfn_lint(path):
    ran = subprocess.run([BIN / "cfn-lint", "--format", "json", "--include-checks", "W", "--", path], capture_output=True, text=True)
    if ran.returncode not in (0, 2, 4, 6, 8, 10, 12, 14):
        raise SystemExit(f"cfn-lint: {ran.stderr}")
    for it in json.loads(ran.stdout or "[]"):
        where = it["Location"].get("Path") or []
        yield "cfn-lint", it["Rule"]["Id"], where[1] if len(where) > 1 else "", it["Message"]


def checkov(path):
    env = os.environ | {"CHECKOV_RUN_SCA_PACKAGE_SCAN_V2": "false", "LOG_LEVEL": "ERROR"}
    command = [BIN / "checkov", "--framework", "cloudformation", "--file", path, "--output", "json", "--skip-download"]
    ran = subprocess.run(command, capture_output=True, text=True, env=env)
    try:
        report = json.loads(ran.stdout)
    except ValueError:
        raise SystemExit(f"checkov: {ran.stdout[-500:]}{ran.stderr[-500:]}")
    # It has no checks for alarms and dashboards alone.
    if "results" not in report and "AWS::IAM::Role" not in path.read_text():
        return
    for it in report["results"]["failed_checks"]:
        yield "checkov", it["check_id"], it["resource"].split(".")[-1], it["check_name"]


def validate(engine, path):
    for it in engine.validate_template(str(path)).diagnostics:
        if it.severity.name == "INFO":
            continue
        on = it.entity.logical_id if it.entity else ""
        yield "cloudformation-validate", it.rule_id, on, it.message


def parliament(who, document):
    from parliament import analyze_policy_string

    for it in analyze_policy_string(json.dumps(document), include_community_auditors=False).findings:
        yield "parliament", it.issue, who, f"{it.detail} {it.location}"


def main():
    from cloudformation_validate import CelEngine, EngineConfig, file_to_external_rule_source

    guard = [file_to_external_rule_source(str(HERE / "house.guard"))]
    engine = CelEngine(EngineConfig(guard_rules=guard))
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(INFRA.glob("*.yaml")):
            template = load(path)
            if "Resources" not in template:
                continue
            plain = expand(template) if "Transform" in template else template
            expanded = Path(folder) / f"{path.stem}.json"
            expanded.write_text(json.dumps(plain, indent=1))
            if "Transform" in template:
                check(f"cfn-lint {path.name}", cfn_lint(path))
            check(f"cfn-lint {path.name}, expanded", cfn_lint(expanded))
            check(f"cloudformation-validate {path.name}", validate(engine, expanded))
            check(f"checkov {path.name}", checkov(expanded))
            for region in PARTITIONS:
                for parameters in ({}, EVERYTHING):
                    resolver = Resolver(plain, region, parameters)
                    for who, document in policies(plain, resolver):
                        check(f"parliament {path.name} {who}", parliament(who, document))
    unused = [it for index, it in enumerate(REASONS) if index not in used]
    check("exceptions", [("exceptions", it["rule"], it["tool"], "nothing needs this reason any more") for it in unused])
    print(f"infra: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
