"""A real supysonic, which is another program (AGPL), in an environment of its own; tests skip where it can't be had.

MAP4_TEST_SUPYSONIC names a Python that has it already.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

INSTALL_S = 240
# Run there: an account, a folder, a scan, and then the server until stdin closes.
_SERVER = """
import sys, threading
from supysonic.config import DefaultConfig
from supysonic.db import init_database, open_connection, close_connection
from supysonic.managers.folder import FolderManager
from supysonic.managers.user import UserManager
from supysonic.scanner import Scanner
from supysonic.web import create_application
from werkzeug.serving import make_server

database, music, cache = sys.argv[1:4]
config = DefaultConfig()
config.BASE["database_uri"] = "sqlite:///" + database
config.WEBAPP.update(cache_dir=cache, mount_webui=False)
config.DAEMON["socket"] = cache + "/no-daemon"
init_database(config.BASE["database_uri"])
open_connection(True)
if not UserManager.try_auth("ann", "s3cret words"):
    UserManager.add("ann", "s3cret words", admin=True)
    FolderManager.add("music", music)
    scanner = Scanner()
    scanner.queue_folder("music")
    scanner.run()
close_connection()
server = make_server("127.0.0.1", 0, create_application(config), threaded=False)
print(server.port, flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
"""


@dataclass(frozen=True, slots=True)
class Supysonic:
    url: str
    login: str = "ann"
    secret: str = "s3cret words"


def supysonic_python(folder: Path) -> Path:
    """A Python with supysonic, made in a folder where none is named."""
    named = os.environ.get("MAP4_TEST_SUPYSONIC")
    if named:
        return Path(named)
    python = folder / "supysonic" / "bin" / "python"
    if not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(folder / "supysonic")], capture_output=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "supysonic==0.7.9"]
        if made.returncode or subprocess.run(command, capture_output=True, timeout=INSTALL_S).returncode:
            pytest.skip("supysonic can't be installed here")
    return python


@contextmanager
def supysonic(python: Path, folder: Path, music: Path) -> Iterator[Supysonic]:
    """It serves a folder of music; what it knows is kept in `folder`."""
    folder.mkdir(exist_ok=True)
    command = [str(python), "-c", _SERVER, str(folder / "supysonic.db"), str(music), str(folder)]
    environment = {**os.environ, "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        port = process.stdout.readline().strip()
        try:
            assert port.isdecimal(), process.stderr.read()
            yield Supysonic(url=f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.communicate()
