"""Servers without the packages of the extra `redis`."""

import subprocess
import sys

import pytest

from map4.version import Packages

SHARING = """
import sys
sys.modules[sys.argv[1]] = None
from map4.core.base.declaration import load
from map4.errors import UsageError
from map4.extras.postgres.declaration import DECLARATION
from map4.server.settings import ServerSettings
settings = ServerSettings(library="l.map4", open_library=None, config={"serve.redis": sys.argv[2]})
try:
    print([load(sharing)(settings) for sharing in DECLARATION.sharing])
except UsageError as error:
    print(error)
"""


@pytest.mark.contract
@pytest.mark.parametrize("package", ["redis", "limits"])
def test_only_servers_with_redis_in_their_settings_need_its_packages(package: str) -> None:
    def sharing(address: str) -> str:
        command = [sys.executable, "-c", SHARING, package, address]
        return subprocess.run(command, capture_output=True, text=True).stdout

    assert sharing("") == "[None]\n"
    output = sharing("redis://localhost")
    assert output.startswith("serve.redis needs more packages (")
    assert output.endswith(f"): {Packages('redis').how_to_add()}\n")
