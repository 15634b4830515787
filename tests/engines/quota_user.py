"""Wait for jobs with the shared quota: `python -m tests.engines.quota_user COUNT`."""

from __future__ import annotations

import os
import sys

from docurift_client import Client

from docs.recipes.shared_quota import limiter
from jobwait import wait_for_all

from .provider import new_job

if __name__ == "__main__":
    with Client(base_url=os.environ["DOCURIFT_URL"], limiter=limiter) as client:
        jobs = [new_job(1) for _ in range(int(sys.argv[1]))]
        outcomes = wait_for_all(client.jobs, jobs, timeout=60)
    print(sum(outcome.error is None for outcome in outcomes), "succeeded")
