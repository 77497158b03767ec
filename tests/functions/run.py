"""Drives every built bootstrap through Lambda's Runtime API.

  BOOTSTRAPS=target/release python3 tests/functions/run.py
"""

import json
import os
import pathlib
import sys

from runtime_api import RuntimeApi
from world import World

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOOTSTRAPS = pathlib.Path(os.environ.get("BOOTSTRAPS", ROOT / "target/release"))
# Time is AWS's to give: SageMaker's and S3's refusals are tried again with back-off.
PATIENCE = 120
counts = {"passed": 0, "failed": 0}


def check(name, holds, told=""):
    counts["passed" if holds else "failed"] += 1
    if not holds:
        print(f"FAILED: {name}: {told}")


def functions():
    """Those that have a crate; a name of it is a name of everything."""
    return sorted(it.parent.parent.name for it in ROOT.glob("functions/*/src/main.rs"))


def payloads(function):
    return [(it.stem, it.read_bytes()) for it in sorted((ROOT / "events" / function).glob("*.json"))]


def environment(world):
    return {"VIGIL_BUCKET": "vigil", "VIGIL_PREFIX": "vigil", "AWS_ENDPOINT_URL": world.url,
            "VIGIL_TOPIC": "arn:aws:sns:eu-west-1:111122223333:alerts"}


def answers_each_payload_twice_alike(function):
    world = World()
    with RuntimeApi(BOOTSTRAPS / function, environment(world)) as lambda_:
        for name, payload in payloads(function):
            first = lambda_.invoke(f"{name}-1", payload, PATIENCE)
            left = dict(world.objects)
            again = lambda_.invoke(f"{name}-2", payload, PATIENCE)
            what = f"{function}/{name}"
            check(f"{what} is answered", first[0] == "response", (first, lambda_.lines))
            check(f"{what} has a status", isinstance((first[1] or {}).get("status"), str), first)
            check(f"{what} is idempotent", again == first and world.objects == left, (first, again))
        logs(function, lambda_, [name for name, _ in payloads(function)])
    world.close()


def logs(function, lambda_, names):
    """One JSON line an invocation, with who, what and which request."""
    lines = []
    for line in lambda_.lines:
        try:
            lines.append(json.loads(line))
        except ValueError:
            check(f"{function} logs JSON", False, line)
    done = {it.get("request_id"): it for it in lines if it.get("message") == "done"}
    check(f"{function} logs each request", all(f"{it}-1" in done for it in names), lambda_.lines)
    check(f"{function} names itself", all(it["function"] == function for it in done.values()), done)
    check(f"{function} tells the trace", all("Root=1-" in it["trace"] for it in done.values()), done)


def names_what_to_do_next(function):
    name, payload = payloads(function)[0]
    for status, code, kind in [(403, "AccessDenied", "CallOperator"), (503, "SlowDown", "TryAgain")]:
        world = World()
        world.break_with(status, code)
        with RuntimeApi(BOOTSTRAPS / function, environment(world)) as lambda_:
            answer = lambda_.invoke("r-1", payload, PATIENCE)
            told = (answer[1] or {}).get("errorType")
            check(f"{function} says {kind} of {code}", answer[0] == "error" and told == kind, answer)
            world.broken = None
            answer = lambda_.invoke("r-2", payload, PATIENCE)
            check(f"{function} lives on after {code}", answer[0] == "response", answer)
        world.close()
    world = World()
    with RuntimeApi(BOOTSTRAPS / function, environment(world)) as lambda_:
        answer = lambda_.invoke("r-1", {"source": 7, "detail-type": []}, PATIENCE)
        told = (answer[1] or {}).get("errorType")
        check(f"{function} says FixInput of no event", answer[0] == "error" and told == "FixInput", answer)
        # An event of somebody else is no error.
        other = {"source": "aws.ec2", "detail-type": "x", "detail": {}}
        answer = lambda_.invoke("r-2", other, PATIENCE)
        check(f"{function} passes over others", answer[1] and answer[1].get("status") == "skipped", answer)
    world.close()


def refuses_a_poor_environment(function):
    world = World()
    lambda_ = RuntimeApi(BOOTSTRAPS / function, environment(world) | {"VIGIL_BUCKET": ""})
    code = lambda_.process.wait(10)
    told = "\n".join(lambda_.lines)
    check(f"{function} names the lacking variable", code != 0 and "VIGIL_BUCKET" in told, told)
    lambda_.close()
    world.close()


def panics_are_answered():
    """The same runtime around a use case that panics, at the release profile."""
    bootstrap = BOOTSTRAPS / "examples" / "panics"
    if not bootstrap.exists():
        print("skipped: panics (cargo build --release -p boot --example panics)")
        return
    world = World()
    with RuntimeApi(bootstrap, environment(world)) as lambda_:
        due = (ROOT / "events/sweep-endpoints/five-past.json").read_bytes()
        for request in ("r-1", "r-2"):
            answer = lambda_.invoke(request, due, PATIENCE)
            told = answer[1] or {}
            check(f"panic {request} is answered", answer[0] == "error" and told.get("errorType") == "CallOperator", answer)
            check("no value is told", "canary-4711" not in json.dumps(told) + "".join(lambda_.lines), lambda_.lines)
    world.close()


def main():
    wanted = sys.argv[1:] or functions()
    for function in wanted:
        if not (BOOTSTRAPS / function).exists():
            check(f"{function} is built", False, BOOTSTRAPS / function)
            continue
        answers_each_payload_twice_alike(function)
        names_what_to_do_next(function)
        refuses_a_poor_environment(function)
    panics_are_answered()
    print(f"functions: {counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts["failed"] else 0)


main()
