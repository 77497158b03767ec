"""Others' clients against `vigil up`: VIGIL=path/to/vigil AWS_CLI=path/to/aws python3 tests/server/run.py [SUBSTRING …]

Each case talks to the real binary as boto3, the AWS CLI or the SageMaker SDK do; nothing is mocked, and every answer is
held against botocore's model of it. Ends with `N passed, N failed, N skipped`."""
import sys

import command_line
import endpoints
import explaining
import forwarding
import loop
import machines
import messages
import metrics
import monitors
import objects
import probes
import sdk
import survival
from stage import play

assert command_line and endpoints and explaining and forwarding and loop and machines and messages and metrics and monitors and objects and probes and sdk and survival  # importing them declares their cases

if __name__ == "__main__":
    sys.exit(play(sys.argv[1:]))
