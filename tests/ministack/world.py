"""Two emulators beside each other: ministack has CloudFormation, Lambda, the bus, buckets and topics; `vigil up` plays SageMaker.

All clocks are moved together: ministack's and the functions' by clock.c, the stand-in's by its own.
"""

import json
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import botocore.session

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "infra"))

from emulator import REGION, ROOT, Emulator, stubs  # noqa: F401

ACCOUNT = "000000000000"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class World:
    """Starts both and stops them again."""

    def __init__(self, folder, vigil):
        self.folder, self.clients = Path(folder), {}
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.clock = self.folder / "clock"
        self.ahead = 0
        self.clock.write_bytes(struct.pack("q", 0))
        library = self.folder / "clock.so"
        # Where Rust builds, a C compiler is: its linker.
        subprocess.run(["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", library, Path(__file__).with_name("clock.c")], check=True)
        self.emulator = Emulator(folder, reached=True, LD_PRELOAD=str(library), CLOCK_AHEAD=str(self.clock),
                                 AWS_ENDPOINT_URL_SAGEMAKER=self.url, AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME=self.url)
        self.command = [vigil, "up", "--port", port, "--json", "--pace", "fast", "--account", ACCOUNT, "--region", REGION,
                        "--forward-to", self.emulator.url, "--event-source", "vigil.sagemaker"]

    def __enter__(self):
        self.emulator.__enter__()
        self.said = (self.folder / "vigil.log").open("w")
        self.standin = subprocess.Popen([str(it) for it in self.command], stdout=subprocess.PIPE, stderr=self.said, text=True)
        line = self.standin.stdout.readline()
        assert line, (self.folder / "vigil.log").read_text()
        return self

    def __exit__(self, *_):
        self.standin.terminate()
        self.standin.wait(20)
        self.said.close()
        self.emulator.__exit__()

    def client(self, service):
        """Returns botocore's client: SageMaker's talk to the stand-in, all others to ministack."""
        if not service.startswith("sagemaker"):
            return self.emulator.client(service)
        if service not in self.clients:
            session = botocore.session.Session()
            session.set_credentials("test", "test")
            self.clients[service] = session.create_client(service, region_name=REGION, endpoint_url=self.url)
        return self.clients[service]

    def now(self):
        return time.time() + self.ahead

    def advance(self, seconds):
        """Moves all clocks on; what SageMaker does meanwhile is done when this returns."""
        self.ahead += seconds
        with self.clock.open("r+b") as clock:
            clock.write(struct.pack("q", self.ahead))
        request = urllib.request.Request(f"{self.url}/_vigil/advance?seconds={seconds}", method="POST")
        urllib.request.urlopen(request, timeout=120).read()

    def forwarded(self):
        with urllib.request.urlopen(f"{self.url}/_vigil/forwarded", timeout=30) as answer:
            return json.load(answer)

    def objects(self, bucket, prefix=""):
        found = self.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [it["Key"] for it in found.get("Contents", [])]

    def read(self, bucket, key):
        return self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def until(what, seconds, why, nudge=None):
    """Waits for something to be there and returns it; every 20 s it nudges."""
    start = time.monotonic()
    nudges = 1
    while time.monotonic() < start + seconds:
        found = what()
        if found:
            return found
        if nudge and time.monotonic() > start + 20 * nudges:
            nudges += 1
            nudge()
        time.sleep(0.25)
    raise AssertionError(f"{why}: not within {seconds} s")
