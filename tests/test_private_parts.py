"""Parts of packages that are not public: each that map4 imports is still there, with what map4 uses of it."""

import re
from importlib import import_module, metadata
from inspect import signature
from operator import attrgetter

import pytest
from conftest import REPOSITORY

USED = {
    "mutagen.id3._id3v1": {"find_id3v1"},
    "mutagen.id3._specs": {"EncodedTextSpec.read", "MultiSpec.read", "TimeStampSpec.read"},
    "mutagen.mp4._atom": {"AtomError", "Atoms"},
    "uvicorn.protocols.http.h11_impl": {
        f"H11Protocol.{name}"
        for name in ("connection_made", "data_received", "on_response_complete", "connection_lost", "send_400_response")
    },
    "watchfiles._rust_notify": {"RustNotify.watch"},
}
"""By module: names that map4 uses. If a new version lacks one, cap the package in pyproject.toml, with the reason."""
IMPORT = re.compile(r"^ *from ((?!map4)\w[\w.]*?\._\w+|uvicorn\.protocols[\w.]*) import ([\w, ]+)", re.MULTILINE)


def test_table_has_every_private_part_that_is_imported() -> None:
    imported = {
        (module, name.strip())
        for path in (REPOSITORY / "map4").rglob("*.py")
        for module, names in IMPORT.findall(path.read_text(encoding="utf-8"))
        for name in names.split(",")
    }
    assert imported == {(module, name.partition(".")[0]) for module, names in USED.items() for name in names}


@pytest.mark.parametrize("module", USED)
def test_private_parts_are_there(module: str) -> None:
    package = module.partition(".")[0]
    home = pytest.importorskip(module.partition("._")[0]) and import_module(module)
    for name in USED[module]:
        assert attrgetter(name)(home), f"{package} {metadata.version(package)} has no {module}.{name}"


def test_private_members_are_there() -> None:
    """Members of mutagen's frames, of uvicorn's connection, of h11's reader, and the arguments of watchfiles."""
    for package in ("uvicorn", "watchfiles"):
        pytest.importorskip(package)
    from h11._readers import ChunkedReader
    from mutagen.id3 import TIT2
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from watchfiles._rust_notify import RustNotify

    assert {"_framespec", "_optionalspec"} <= set(dir(TIT2))
    assert {"conn", "cycle", "transport", "app_state", "loop", "config"} <= set(H11Protocol.__init__.__code__.co_names)
    assert "_bytes_in_chunk" in ChunkedReader.__init__.__code__.co_names
    arguments = ["watch_paths", "debug", "force_polling", "poll_delay_ms", "recursive", "ignore_permission_denied"]
    assert list(signature(RustNotify).parameters) == arguments
