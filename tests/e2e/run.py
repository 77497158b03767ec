"""Stories told through the command line: VIGIL=path/to/vigil python3 tests/e2e/run.py [SUBSTRING …]

Each case runs the real binary, in a folder of its own, and looks at exit code, output and files as a person would.
Standard library only. Ends with `N passed, N failed, N skipped`."""
import sys
import tempfile
import traceback

import analyze
import container
import demo
import matching
import settings
from stage import CASES, Skipped, Stage

assert analyze and container and demo and matching and settings  # importing them declares their cases


def main():
    wanted = sys.argv[1:]
    passed = failed = skipped = 0
    for name, case in CASES:
        if wanted and not any(word in name for word in wanted):
            continue
        with tempfile.TemporaryDirectory(prefix="vigil-e2e-") as folder:
            try:
                case(Stage(folder))
                passed += 1
                print(f"ok      {name}", flush=True)
            except Skipped as why:
                skipped += 1
                print(f"skip    {name}: {why}", flush=True)
            except Exception:  # a failed case must not hide the others
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc(limit=-2)}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
