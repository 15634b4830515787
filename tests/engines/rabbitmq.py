"""RabbitMQ from Debian's package, on loopback, with nothing of it outside a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from .programs import Programs, free_port, listens, needs, until

CONFIG: Final = """
listeners.tcp.1 = 127.0.0.1:{port}
loopback_users.guest = true
log.file = false
log.console.level = warning
"""


@contextmanager
def rabbitmq(programs: Programs) -> Generator[str]:
    """A server of its own; the value is its URL."""
    # Not the command on the PATH, which changes to a user of its own.
    script = needs("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
    folder = programs.folder / "rabbitmq"
    folder.mkdir()
    port, distribution, names = free_port(), free_port(), free_port()
    (folder / "rabbitmq.conf").write_text(CONFIG.format(port=port), encoding="utf-8")
    env = {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": "jobwait@localhost",
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_SERVER_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
    }
    server = programs.start(script, env=env)
    try:
        until(lambda: listens(port), "RabbitMQ listens", server)
        yield f"amqp://guest:guest@127.0.0.1:{port}//"
    finally:
        server.stop()
        # The server started the names' daemon in a session of its own.
        epmd = shutil.which("epmd")
        assert epmd is not None
        subprocess.run(
            [epmd, "-port", str(names), "-kill"],
            env=os.environ | env,
            check=True,
            capture_output=True,
            timeout=10,
        )
