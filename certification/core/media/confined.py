"""The server's side of the confined process: hands it one image, waits for the answer, trusts neither."""

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from certification.core.media.limits import MIB, Limits

# The formats are stated in worker.py, which loads the codecs that this process does without.
_ORDER = "!dQ"
_ROOT = Path(__file__).parents[3]
_MOST_ANSWER = 64 * MIB
_GRACE = 5.0
_START_SECONDS = 30.0
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from certification.core.media.worker import main; main()"
