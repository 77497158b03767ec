"""The analyzer against other people's software: VIGIL=path/to/vigil python3 tests/oracles/run.py [SUBSTRING …]

Every number is computed a second time, by numpy, pandas, scipy, a literal reading of Deequ and the SageMaker Python SDK,
and compared with the files that the real binary writes. Ends with `N passed, N failed, N skipped`."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from stage import play  # noqa: E402

import attribution_values  # noqa: E402
import deequ_distance  # noqa: E402
import file_shapes  # noqa: E402
import merge_join  # noqa: E402
import model_quality  # noqa: E402
import sdk_files  # noqa: E402
import settings_schema  # noqa: E402
import statistics_numbers  # noqa: E402
import violations_found  # noqa: E402

# Importing them declares their cases.
assert attribution_values and deequ_distance and file_shapes and merge_join and model_quality and sdk_files and settings_schema and statistics_numbers and violations_found


if __name__ == "__main__":
    sys.exit(play(sys.argv[1:]))
