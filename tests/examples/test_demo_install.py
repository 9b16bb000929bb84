"""What `make demo` shows while it installs: nothing of pip's, unless it fails."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
demo_install = import_module("demo_install")


@pytest.mark.contract
@pytest.mark.parametrize(
    ("status", "said"), [(0, ""), (1, "Collecting click<9\nInstalling collected packages: click\n")]
)
def test_pip_is_heard_only_where_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], status: int, said: str
) -> None:
    pip = tmp_path / "python"
    pip.write_text(
        f"#!/bin/sh\necho Collecting 'click<9'\necho Installing collected packages: click\necho $* >&2\nexit {status}\n"
    )
    pip.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(pip))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert demo_install.main(["--editable", "."]) == status
    out, errors = capfd.readouterr()
    assert out == ""
    assert errors.endswith(f"--progress-bar=off --editable .\n{said}")


def test_a_terminal_has_one_line_of_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    demo_install._show("  0:10  3 packages, getting click …")
    assert "\n" not in capsys.readouterr().out
