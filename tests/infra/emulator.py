"""An emulator of AWS for one test run: ministack on a free port of this machine, and the AWS CLI on it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import botocore.session

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-1"


class Emulator:
    """Starts ministack and stops it again; `folder` keeps what it says. Where `reached`, its functions call it as AWS."""

    def __init__(self, folder, reached=False, **more):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.folder, self.clients = Path(folder), {}
        home = self.folder / "home"
        home.mkdir()
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
        self.environment = kept | {
            "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(home), "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.url, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "2",
        }
        own = self.environment | {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LAMBDA_EXECUTOR": "local", "IOT_MTLS_ENABLED": "0"} | more
        if not reached:
            own.pop("AWS_ENDPOINT_URL")
        self.log = (self.folder / "ministack.log").open("w")
        self.process = subprocess.Popen([BIN / "ministack"], env=own, stdout=self.log, stderr=subprocess.STDOUT, cwd=self.folder,
                                        start_new_session=True)

    def __enter__(self):
        for _ in range(240):
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2).read()
                return self
            except OSError as why:
                if getattr(why, "code", None):
                    return self
                time.sleep(0.25)
        self.__exit__()
        raise SystemExit(f"ministack does not answer: {(self.folder / 'ministack.log').read_text()[-2000:]}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            # The functions that it runs are its children.
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()

    def run(self, *command, code=0, **more):
        """Runs a command on the emulator; returns what it printed."""
        done = subprocess.run([str(it) for it in command], env=self.environment | more, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == code, f"{command[:4]} ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
        return done.stdout + done.stderr

    def client(self, service, url=None):
        """Returns botocore's client of a service, here or elsewhere; far faster than a call of the command line each time."""
        place = (service, url or self.url)
        if place not in self.clients:
            session = botocore.session.Session()
            session.set_credentials("test", "test")
            self.clients[place] = session.create_client(service, region_name=REGION, endpoint_url=place[1])
        return self.clients[place]

    def deploy(self, *words, code=0, **more):
        """Runs infra/deploy as a person would."""
        return self.run(ROOT / "infra" / "deploy", *words, code=code, **more)

    def stack(self, name="vigil"):
        return self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]

    def outputs(self, name="vigil"):
        return {it["OutputKey"]: it["OutputValue"] for it in self.stack(name)["Outputs"]}

    def physical(self, name="vigil"):
        found = self.client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
        return {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in found}


def stubs(folder, functions, answer):
    """Writes a program per function that speaks the Runtime API and always gives one answer."""
    program = f'''#!{sys.executable}
import os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as asked:
        asked.read()
        request = asked.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(urllib.request.Request(api + request + "/response", data={json.dumps(answer).encode()!r})).read()
'''
    shutil.rmtree(folder, ignore_errors=True)
    for name in functions:
        path = Path(folder) / name / "bootstrap"
        path.parent.mkdir(parents=True)
        path.write_text(program)
        path.chmod(0o755)
    return Path(folder)
