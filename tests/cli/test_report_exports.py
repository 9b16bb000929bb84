"""Reports by the whole command."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from conftest import Run
from pypdf import PdfReader

from map4.cli.commands import export
from map4.cli.main import cli
from map4.reports import TEMPLATES


def test_reports_of_a_library_and_of_files(map4: Run, music: Path, tmp_path: Path) -> None:
    assert map4("scan", music).returncode == 0
    done = map4("export", "-o", tmp_path / "library.html", "--template", "library")
    assert (done.returncode, done.stdout) == (0, "")
    text = (tmp_path / "library.html").read_text(encoding="utf-8")
    assert text.count("<tr>") == 1 + 4
    assert str(tmp_path) not in text  # folders stay private
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


def test_a_report_names_its_day_and_keys_as_they_were_asked_for(map4: Run, music: Path, tmp_path: Path) -> None:
    assert map4("scan", music).returncode == 0
    written = []
    for name in ("one.html", "two.html"):
        done = map4(
            "export", "-o", tmp_path / name, "--key-notation", "musical", env={"SOURCE_DATE_EPOCH": "1767225600"}
        )
        assert done.returncode == 0, done.stderr
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    page = written[0].decode("utf-8")
    assert "2026-01-01" in page
    assert ">Am<" in page
    assert ">8A<" not in page
    configured = map4("export", "-o", tmp_path / "three.html", env={"MAP4_KEY_NOTATION": "openkey"})
    assert configured.returncode == 0
    assert ">1m<" in (tmp_path / "three.html").read_text(encoding="utf-8")


def test_a_notation_means_nothing_where_no_person_reads(map4: Run, music: Path, tmp_path: Path) -> None:
    assert map4("scan", music).returncode == 0
    done = map4("export", "-o", tmp_path / "x.csv", "--key-notation", "musical")
    assert done.returncode == 2
    assert "--key-notation means nothing in csv" in done.stderr
    assert not (tmp_path / "x.csv").exists()


def test_the_help_names_every_template_and_tab_completes_them() -> None:
    shown = " ".join(CliRunner().invoke(cli, ["export", "--help"]).output.split())
    assert all(template in shown for template in TEMPLATES)
    assert export._templates(None, None, "s") == ["standard", "summary"]  # type: ignore[arg-type]
