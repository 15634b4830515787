"""The programs of the documentation that import Airflow."""

from __future__ import annotations

import pytest

from ...documentation.blocks import Block, blocks
from ..programs import Programs

EXAMPLES = [block for block in blocks() if block.language == "python" and "airflow" in block.text]


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.place)
def test_every_example_runs_as_it_is_printed(block: Block, programs: Programs) -> None:
    programs.finish(programs.python("-c", block.text))
