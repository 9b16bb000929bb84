"""Pictures in a terminal that shows them, and only there."""

import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run
from PIL import Image
from playlist_library import make_playlist_library, song

pytestmark = pytest.mark.world

SHOW = ("playlist", "show", "Friday", "--figures")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_set_clock_is_a_picture_in_kitty(inside: Run, tmp_path: Path) -> None:
    library = make_playlist_library(tmp_path / "library.map4")
    inside("playlist", "--seed", song(1), "-n", "6", "--save", "Friday")
    piped = inside(*SHOW, env={"MAP4_PICTURES": "kitty"}).stdout
    assert "\x1b" not in piped
    assert "The set on the clock" in piped

    seen = on_a_terminal(*SHOW, env={"MAP4_LIBRARY": str(library), "MAP4_PICTURES": "kitty"})
    assert seen.count(b"The set on the clock") == 1
    pieces = re.findall(rb"\x1b_G([^;]*);([A-Za-z0-9+/=]{1,4096})\x1b\\", seen)
    assert pieces[0][0].startswith(b"a=T,f=100,")
    assert {head for head, _ in pieces[1:-1]} <= {b"m=1"}
    assert pieces[-1][0].endswith(b"m=0")
    picture = Image.open(io.BytesIO(base64.b64decode(b"".join(piece for _, piece in pieces))))
    assert picture.width == 1400
    assert len(picture.getcolors(1_000_000) or ()) > 20


def on_a_terminal(*arguments: str, env: dict[str, str]) -> bytes:
    """What a command writes to a terminal."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "map4", *arguments]
    with subprocess.Popen(command, stdout=theirs, env={**os.environ, "TERM": "xterm-kitty", **env}) as process:
        os.close(theirs)
        output = b""
        try:
            while piece := os.read(ours, 65_536):
                output += piece
        except OSError:  # so Linux says that nobody writes any more
            pass
    os.close(ours)
    assert process.returncode == 0
    return output
