"""The analyzer against other people's software: VIGIL=path/to/vigil python3 tests/oracles/run.py [SUBSTRING …]

Every number is computed a second time, by numpy, pandas, scipy, a literal reading of Deequ and the SageMaker Python SDK,
and compared with the files that the real binary writes. Ends with `N passed, N failed, N skipped`."""
import pathlib
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from stage import CASES, Skipped, Stage  # noqa: E402

import deequ_distance  # noqa: E402
import file_shapes  # noqa: E402
import sdk_files  # noqa: E402
import settings_schema  # noqa: E402
import statistics_numbers  # noqa: E402
import violations_found  # noqa: E402

# Importing them declares their cases.
assert deequ_distance and file_shapes and sdk_files and settings_schema and statistics_numbers and violations_found


def main():
    wanted = sys.argv[1:]
    passed = failed = skipped = 0
    for name, case in CASES:
        if wanted and not any(word in name for word in wanted):
            continue
        with tempfile.TemporaryDirectory(prefix="vigil-oracle-") as folder:
            try:
                told = case(Stage(folder))
                passed += 1
                print(f"ok      {name}" + (f": {told}" if told else ""), flush=True)
            except Skipped as why:
                skipped += 1
                print(f"skip    {name}: {why}", flush=True)
            except Exception:  # a failed case must not hide the others
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
