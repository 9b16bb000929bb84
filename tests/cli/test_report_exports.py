"""Reports by the whole command."""

from __future__ import annotations

from pathlib import Path

from conftest import Run
from pypdf import PdfReader


def test_reports_of_a_library_and_of_files(map4: Run, music: Path, tmp_path: Path) -> None:
    assert map4("scan", music).returncode == 0
    done = map4("export", "-o", tmp_path / "library.html", "--template", "library")
    assert (done.returncode, done.stdout) == (0, "")
    text = (tmp_path / "library.html").read_text(encoding="utf-8")
    assert text.count("<tr>") == 1 + 4
    assert str(tmp_path) not in text  # where music lies is nobody's business
    done = map4("export", "--name", "Two", "-o", tmp_path / "two.pdf", music / "one.wav", music / "two.wav")
    assert done.returncode == 0, done.stderr
    found = PdfReader(tmp_path / "two.pdf")
    assert found.metadata.title == "Two"
    assert "one" in found.pages[0].extract_text() + found.pages[-1].extract_text()


def test_a_template_that_is_not_there_is_told_before_anything_is_written(
    map4: Run, music: Path, tmp_path: Path
) -> None:
    assert map4("scan", music).returncode == 0
    done = map4("export", "-o", tmp_path / "x.pdf", "--template", "fancy")
    assert done.returncode == 2
    assert "pdf has no template 'fancy'" in done.stderr
    assert not (tmp_path / "x.pdf").exists()
