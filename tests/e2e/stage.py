"""Where a case plays: a folder, the binary, and what to expect of a run."""
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
REFERENCE = ROOT.parent / "shared"
VIGIL = os.environ.get("VIGIL", str(ROOT / "target/release/vigil"))
CASES = []


class Skipped(Exception):
    pass


def case(run):
    CASES.append((f"{run.__module__}: {run.__name__.replace('_', ' ')}", run))
    return run


def play(wanted):
    """Runs the declared cases whose names hold one of `wanted`; ends with the count, returns the exit code."""
    passed = failed = skipped = 0
    for name, run in CASES:
        if wanted and not any(word in name for word in wanted):
            continue
        with tempfile.TemporaryDirectory(prefix="vigil-") as folder:
            try:
                told = run(Stage(folder))
                passed += 1
                print(f"ok      {name}" + (f": {told}" if told else ""), flush=True)
            except Skipped as why:
                skipped += 1
                print(f"skip    {name}: {why}", flush=True)
            except Exception:  # a failed case must not hide the others
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc(limit=-3)}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


class Stage:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def path(self, name):
        return self.folder / name

    def write(self, name, text):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def vigil(self, *args, code=0, env=None, seconds=300):
        """Runs vigil and returns (stdout, stderr); any other exit code than `code` fails the case."""
        done = subprocess.run([VIGIL, *map(str, args)], cwd=self.folder, capture_output=True, text=True, timeout=seconds,
                              stdin=subprocess.DEVNULL, env=os.environ | {"NO_COLOR": "1"} | (env or {}))
        assert done.returncode == code, f"exit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
        assert "panicked" not in done.stderr, done.stderr
        return done.stdout, done.stderr

    def json(self, name):
        return json.loads(self.path(name).read_text())


def reference(path):
    found = REFERENCE / path
    if not found.exists():
        raise Skipped(f"{path} is not beside this checkout")
    return found


def digest(folder):
    """One hash over every name and byte below a folder."""
    whole = hashlib.sha256()
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file():
            whole.update(str(path.relative_to(folder)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
