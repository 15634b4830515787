"""The recipe for Temporal, with its test server, and a worker that is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .programs import Programs, needs


def test_a_batch_goes_on_from_its_last_heartbeat_when_a_worker_is_killed(
    programs: Programs, tmp_path: Path
) -> None:
    # The server listens on all interfaces, so it has a network of its own.
    unshare = (needs("unshare", "util-linux"), "--map-root-user", "--net")
    if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        pytest.skip(
            "this machine allows no network namespaces, and the server needs one: run as root"
        )
    python = (sys.executable, "-m", "tests.engines.temporal_run", str(tmp_path))
    program = programs.start(*unshare, *python)
    assert "all have ended" in programs.finish(program)
