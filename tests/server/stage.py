"""The server under test, clients for it, and a strict look at every answer."""
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import traceback
import urllib.request

import boto3
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
VIGIL = os.environ.get("VIGIL", str(ROOT / "target/release/vigil"))
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-west-1",
               "SAGEMAKER_SUPPRESS_V2_WARNING": "1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
os.environ.update(ENVIRONMENT)
CASES = []


class Skipped(Exception):
    pass


def case(run):
    CASES.append((f"{run.__module__}: {run.__name__.replace('_', ' ')}", run))
    return run


class Server:
    """`vigil up` on a free port."""

    answers = 0

    def __init__(self, *args):
        command = [VIGIL, "up", "--port", "0", "--json", "--pace", "fast", *map(str, args)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.url = json.loads(line)["url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, told = self.process.communicate(timeout=20)
        assert self.process.returncode == 0 and "panicked" not in told, told

    def session(self):
        session = boto3.Session()
        session.events.register("after-call", self.look)
        return session

    def client(self, service, **kept):
        config = Config(retries={"max_attempts": 0}, **kept)
        return self.session().client(service, endpoint_url=self.url, config=config)

    def admin(self, path, method="GET"):
        request = urllib.request.Request(f"{self.url}/_vigil/{path}", method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def advance(self, seconds):
        return self.admin(f"advance?seconds={seconds}", "POST")

    def cli(self, *args, code=0, folder=None):
        """Runs the AWS CLI and returns what it printed."""
        command = [os.environ.get("AWS_CLI", "aws"), "--endpoint-url", self.url, *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder,
                              env=os.environ | ENVIRONMENT | {"AWS_PAGER": ""})
        assert done.returncode == code, f"exit {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def look(self, http_response, parsed, model, **_):
        """Holds an answer against botocore's model of it."""
        Server.answers += 1
        if http_response.status_code >= 300 or model.output_shape is None:
            return
        whole = parsed
        if model.metadata["protocol"] == "json" and model.service_model.service_name != "s3":
            whole = json.loads(http_response.content or b"{}")
        told = {key: value for key, value in whole.items() if key != "ResponseMetadata"}
        wrong = list(faults(model.output_shape, told, model.name))
        assert not wrong, "\n".join(wrong)


def faults(shape, value, path):
    """Yields what is wrong with a value: members missing, unknown, or of another type; enums, patterns and ranges."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path}: {type(value).__name__}, not a structure"
            return
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"{path}.{name}: missing"
        names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        names |= {name: name for name in shape.members}
        for name, inside in value.items():
            if name not in names:
                yield f"{path}.{name}: not in the model"
            elif inside is None:
                yield f"{path}.{name}: null"
            else:
                yield from faults(shape.members[names[name]], inside, f"{path}.{name}")
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path}: {type(value).__name__}, not a list"
            return
        for at, inside in enumerate(value):
            yield from faults(shape.member, inside, f"{path}[{at}]")
    elif kind == "map":
        for name, inside in value.items():
            yield from faults(shape.value, inside, f"{path}[{name}]")
    else:
        types = {"string": str, "character": str, "integer": int, "long": int, "float": (int, float), "double": (int, float),
                 "boolean": bool, "timestamp": (int, float, datetime.datetime)}
        wanted = types.get(kind)
        if wanted and (not isinstance(value, wanted) or isinstance(value, bool) and kind != "boolean"):
            yield f"{path}: {value!r} is no {kind}"
            return
        if kind == "string":
            if shape.enum and value not in shape.enum:
                yield f"{path}: {value!r} is not one of {shape.enum}"
            pattern = shape.metadata.get("pattern")
            # Java's classes that Python's expressions do not know.
            if pattern and "\\p{" not in pattern and not re.search(pattern, value):
                yield f"{path}: {value!r} does not fit {pattern}"
            if len(value) > shape.metadata.get("max", len(value)):
                yield f"{path}: longer than {shape.metadata['max']}"


def refused(what, code, status=None):
    """Runs what must be refused by this code."""
    from botocore.exceptions import ClientError

    try:
        got = what()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert status in (None, error.response["ResponseMetadata"]["HTTPStatusCode"]), error
        return error.response
    raise AssertionError(f"{code} expected, got {got}")


def play(wanted):
    """Runs the declared cases whose names hold one of `wanted`; ends with the count, returns the exit code."""
    passed = failed = skipped = 0
    with Server() as server, tempfile.TemporaryDirectory(prefix="vigil-") as folder:
        for at, (name, run) in enumerate(CASES):
            if wanted and not any(word in name for word in wanted):
                continue
            place = pathlib.Path(folder) / str(at)
            place.mkdir()
            try:
                told = run(server, place)
                passed += 1
                print(f"ok      {name}" + (f": {told}" if told else ""), flush=True)
            except Skipped as why:
                skipped += 1
                print(f"skip    {name}: {why}", flush=True)
            except Exception:  # a failed case must not hide the others
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc(limit=-4)}", flush=True)
        print(f"{Server.answers} answers held against botocore's models")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0
