"""Stories told through the command line: VIGIL=path/to/vigil python3 tests/e2e/run.py [SUBSTRING …]

Each case runs the real binary, in a folder of its own, and looks at exit code, output and files as a person would.
Standard library only. Ends with `N passed, N failed, N skipped`."""
import sys

import analyze
import bias
import container
import demo
import matching
import model_quality
import settings
from stage import play

assert analyze and bias and container and demo and matching and model_quality and settings  # importing them declares their cases

if __name__ == "__main__":
    sys.exit(play(sys.argv[1:]))
