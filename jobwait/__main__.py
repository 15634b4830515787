"""`python -m jobwait` is the command `jobwait`."""

from __future__ import annotations

from jobwait.cli import main

if __name__ == "__main__":
    main()
