"""One run of `vigil analyze data-quality`, and what it found."""
import json
import os
import subprocess

from stage import VIGIL


def analyze(stage, dataset, baseline, *options):
    """Returns the entries of constraint_violations.json; the exit code must tell whether there are any."""
    output = stage.path("analysis")
    args = [VIGIL, "analyze", "data-quality", "--dataset", dataset, "--baseline", baseline, "--output", output, *options]
    done = subprocess.run(list(map(str, args)), cwd=stage.folder, capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, env=os.environ | {"NO_COLOR": "1"})
    assert done.returncode in (0, 3), f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    found = json.loads((output / "constraint_violations.json").read_text())["violations"]
    assert done.returncode == (3 if found else 0), f"exit {done.returncode} with {len(found)} violations"
    return found
