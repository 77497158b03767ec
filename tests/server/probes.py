"""`vigil probe` over AWS's SDK: VIGIL_AWS names a binary with the commands for AWS."""
import json
import os
import subprocess

from endpoints import serving
from stage import ENVIRONMENT, Server, Skipped, case

SETTINGS = """
defaults:
  probe: {{enabled: true, requests_s3_uri: "s3://probed-data/samples.csv", rows: 5, content_type: {kind}}}
"""


def probe(server, *args):
    environment = {**os.environ, **ENVIRONMENT, "AWS_ENDPOINT_URL": server.url, "AWS_REGION": "eu-west-1"}
    done = subprocess.run([os.environ["VIGIL_AWS"], "probe", *args, "--bucket", "vigil"],
                          capture_output=True, text=True, timeout=60, env=environment)
    return done.returncode, done.stdout, done.stderr


@case
def endpoint_is_probed_by_hand(_, folder):
    if not os.path.exists(os.environ.get("VIGIL_AWS", "")):
        raise Skipped("VIGIL_AWS names no binary")
    with Server() as server:
        s3, _, _ = serving(server, "probed")
        s3.put_object(Bucket="probed-data", Key="samples.csv", Body="\n".join(["1,2", "3,4", "5,6"]).encode())
        s3.put_object(Bucket="vigil", Key="vigil/settings.yaml", Body=SETTINGS.format(kind="text/csv").encode())
        code, out, told = probe(server, "probed", "--json")
        assert code == 0, (code, out, told)
        found = json.loads(out)
        assert (found["endpoint"], found["sent"], found["failed"], found["findings"]) == ("probed", 3, 0, []), found
        # What the model refuses is a finding, not a failure of the command.
        s3.put_object(Bucket="probed-data", Key="samples.csv", Body=b"71,72\n73,74\n")
        s3.put_object(Bucket="vigil", Key="vigil/settings.yaml", Body=SETTINGS.format(kind="image/png").encode())
        code, out, told = probe(server, "probed", "--json")
        found = json.loads(out)
        assert (code, found["failed"]) == (3, 2) and found["findings"], (code, out, told)
        assert "73" not in out + told, "a captured value is told"
        code, out, told = probe(server, "nobody")
        assert code == 1 and "nobody" in told, (code, told)
        return "3 answered, 2 refused"
