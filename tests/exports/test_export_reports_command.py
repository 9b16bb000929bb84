"""Reports by the whole command."""

from pathlib import Path

from conftest import Run
from pypdf import PdfReader


def test_reports_of_a_library_or_files_have_date_and_notation(inside: Run, scanned: Path, tmp_path: Path) -> None:
    done = inside("export", "-o", tmp_path / "library.html", "--template", "library")
    assert (done.returncode, done.stdout) == (0, "")
    text = (tmp_path / "library.html").read_text(encoding="utf-8")
    table = text.partition('aria-label="Tracks"')[2]
    assert table.count("<tr>") == 1 + 4
    assert str(scanned) not in text  # folders stay private
    done = inside("export", "-o", tmp_path / "linked.html", "--option", "links=yes")
    assert (done.returncode, done.stdout) == (0, "")
    assert str(scanned) in (tmp_path / "linked.html").read_text(encoding="utf-8")
    done = inside("export", "-o", tmp_path / "x.html", "--option", "links=maybe")
    assert (done.returncode, "write it as --option links=yes" in done.stderr) == (2, True)
    done = inside("export", "--name", "Two", "-o", tmp_path / "two.pdf", scanned / "one.wav", scanned / "two.wav")
    assert done.returncode == 0, done.stderr
    found = PdfReader(tmp_path / "two.pdf")
    assert found.metadata.title == "Two"
    assert "one" in found.pages[0].extract_text() + found.pages[-1].extract_text()
    written = []
    for name in ("one.html", "two.html"):
        variables = {"SOURCE_DATE_EPOCH": "1767225600", "MAP4_KEY_NOTATION": "musical"}
        done = inside("export", "-o", tmp_path / name, env=variables)
        assert done.returncode == 0, done.stderr
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    page = written[0].decode("utf-8")
    assert "2026-01-01" in page
    assert ">Am<" in page
    assert ">8A<" not in page
    configured = inside("export", "-o", tmp_path / "three.html", env={"MAP4_KEY_NOTATION": "openkey"})
    assert configured.returncode == 0
    assert ">1m<" in (tmp_path / "three.html").read_text(encoding="utf-8")
