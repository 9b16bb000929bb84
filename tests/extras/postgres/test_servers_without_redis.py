"""Servers whose settings name no Redis: they start without its package."""

import subprocess
import sys

import pytest

SHARING = """
import sys
sys.modules["redis"] = None
from map4.base.declaration import load
from map4.extras.postgres.declaration import DECLARATION
from map4.server.settings import ServerSettings
print([load(sharing)(ServerSettings(library="l.map4", open_library=None)) for sharing in DECLARATION.sharing])
"""


@pytest.mark.contract
def test_servers_without_redis_in_their_settings_need_no_package() -> None:
    assert subprocess.run([sys.executable, "-c", SHARING], capture_output=True, text=True).stdout == "[None]\n"
