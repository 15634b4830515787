"""What a type checker must refuse: one mistake a line, each marked with `# error`."""

from __future__ import annotations

import aitronos_client
import descripio_client
import docurift_client
import spideriq_client

from jobwait import as_completed, async_as_completed, wait_for_all, wait_for_completion


def mistakes(
    aitronos: aitronos_client.Client,
    descripio: descripio_client.Client,
    docurift: docurift_client.Client,
    spideriq: spideriq_client.Client,
) -> None:
    spideriq.jobs.get_job(5)  # error
    spideriq.jobs.get_job(b"x")  # error
    spideriq.jobs.wait_for_completion(5)  # error
    wait_for_completion(spideriq.jobs, 5)  # error
    descripio.jobs.get_job("5")  # error
    docurift.jobs.get_job(5)  # error
    docurift.jobs.get_job("x", 3.0)  # error
    docurift.jobs.get_job("x").result  # error
    docurift.jobs.wait_for_completion("x").error  # error
    docurift.jobs.wait_for_completion("x", timeout="5")  # error
    docurift.jobs.wait_for_completion("x", on_update=lambda: None)  # error
    docurift.jobs.wait_for_completion("x", schedule=5)  # error
    docurift_client.Client(5)  # error
    docurift_client.Client("key", "https://host")  # error
    descripio_client.Client(bearer_token="x")  # error
    aitronos.jobs.get_job("x").status == "done" and docurift.jobs.no_such_operation("x")  # error
    docurift.jobs.wait_for_completion("x").result.confidence = 1.0  # error
    wait_for_all(spideriq.jobs, [5])  # error
    wait_for_all(docurift.jobs, "x", timeout="5")  # error
    as_completed([(5, "x")])  # error
    as_completed(docurift.jobs, ["x"], on_update=lambda: None)  # error
    as_completed(docurift.jobs, ["x"], time_out=5)  # error
    wait_for_all(docurift.jobs, ["x"])[0].job.result  # error
    async_as_completed(docurift.jobs, ["x"])  # error
