"""Fingerprints by `fpcalc`, where it is installed; it may say or do anything."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from audio_files import make, noise

from map4.extras.lookup.queries import fingerprint

pytestmark = pytest.mark.contract


@pytest.mark.skipif(shutil.which("fpcalc") is None, reason="fpcalc is not installed")
def test_a_file_has_a_fingerprint_and_a_length(tmp_path: Path) -> None:
    text, length_s = fingerprint(str(make(tmp_path / "a.flac", np.tile(noise(), (20, 1))))) or ("", 0.0)
    assert len(text) > 20
    assert length_s > 5.0
    (tmp_path / "no.flac").write_bytes(b"no audio")
    assert fingerprint(str(tmp_path / "no.flac")) is None
    assert fingerprint(str(tmp_path / "not there.flac")) is None


@pytest.mark.parametrize(
    "does",
    ["exit 1", "echo '{'", "echo '[]'", "echo '{\"duration\": 0, \"fingerprint\": \"A\"}'",
     "echo '{\"duration\": 3, \"fingerprint\": 7}'", "exec sleep 30"],
)  # fmt: skip
def test_failing_fpcalc_gives_no_fingerprint(does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "fpcalc"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    path = tmp_path / "a.wav"
    path.write_bytes(b"anything")
    assert fingerprint(str(path), timeout_s=0.3) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_named_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    assert fingerprint(str(tmp_path / "a.wav")) is None
