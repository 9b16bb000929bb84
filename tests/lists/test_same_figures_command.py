"""A list has one length and one quality, whoever tells them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from conftest import Run
from mixable_tracks import PLAN
from playlist_library import make_playlist_library, song
from pypdf import PdfReader
from schemas import validated

from map4 import Library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_playlist_library(tmp_path / "library.map4")


def words(report: str) -> str:
    """The text of a page, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", report)).split())


def test_everything_that_tells_of_a_list_says_the_same(inside: Run, library: Path, tmp_path: Path) -> None:
    made = inside("playlist", "--seed", song(1), "-n", "8", "--curve", "wave", "--jsonl", "--save", "Friday")
    summary = validated(made.stdout.splitlines()[-1])
    figures = (summary["duration_s"], summary["quality"])
    lines = made.stderr.splitlines()
    (told,) = [line for line in lines if line.startswith("8 tracks, ")]
    length, quality = re.match(r"8 tracks, (.*), (?:quality (\d+ of 100), )", told).groups()  # type: ignore[union-attr]
    parts = lines[lines.index(told) + 1]
    assert parts.startswith("tempo ")

    assert told in inside("playlist", "show", "Friday").stderr.splitlines()
    for ask in (("playlist", "show", "Friday", "--json"), ("playlist", "check", "Friday", "--json")):
        document = validated(inside(*ask).stdout)
        assert (document["duration_s"], document["quality"]) == figures, ask
    check = inside("playlist", "check", "Friday").stdout
    assert check.splitlines()[0] == f"Friday: 8 of 8 tracks, {length}"
    assert f"quality  {quality} (" in check
    assert parts in " ".join(check.split())
    assert [each["duration_s"] for each in validated(inside("playlist", "list", "--json").stdout)["lists"]] == [
        figures[0]
    ]

    for suffix in ("m3u8", "pls", "xspf", "json"):
        file = tmp_path / f"friday.{suffix}"
        assert inside("playlist", "show", "Friday", "-o", file).returncode == 0
        document = validated(inside("playlist", "check", file, "--json").stdout)
        assert (document["duration_s"], document["quality"]) == figures, suffix
    rows = list(csv.DictReader(io.StringIO(inside("playlist", "show", "Friday", "--csv").stdout)))
    assert float(rows[-1]["starts_s"]) + float(rows[-1]["duration_s"]) == figures[0]

    for suffix in ("json", "html", "pdf"):
        options = ["--template", "standard", "--option", "quality=yes"] if suffix != "json" else []
        assert inside("export", "--playlist", "Friday", "-o", tmp_path / f"out.{suffix}", *options).returncode == 0
    exported = json.loads((tmp_path / "out.json").read_text())["playlist"]
    assert (exported["duration_s"], exported["quality"]) == figures
    page = words((tmp_path / "out.html").read_text())
    assert f"Plays for {length} Quality {quality} " in page
    assert f"Its parts, of 100 {parts} " in page
    text = " ".join(PdfReader(tmp_path / "out.pdf").pages[0].extract_text().split())
    for said in (length, quality):
        assert said in text


def test_mix_plans_count_everywhere(inside: Run, library: Path, tmp_path: Path) -> None:
    plan = replace(
        PLAN, leave=replace(PLAN.leave, at_s=150.0, until_s=180.0), enter=replace(PLAN.enter, at_s=10.0, until_s=40.0)
    )
    with Library.open(library) as opened:
        content = opened.playlist(song(1), n=3).to_tracklist(name="Mixed")
        picks = [replace(pick, plan=plan if pick.transition else None) for pick in content.picks]
        opened.lists.save("Mixed", replace(content, picks=picks))
    lasts_s = 150.0 + 140.0 + 190.0  # of three tracks of 200 s
    for ask in (("playlist", "show", "Mixed", "--json"), ("playlist", "check", "Mixed", "--json")):
        assert validated(inside(*ask).stdout)["duration_s"] == lasts_s
    assert validated(inside("playlist", "list", "--json").stdout)["lists"][0]["duration_s"] == lasts_s
    assert "3 tracks, 8:00" in inside("playlist", "show", "Mixed").stderr
    inside("export", "--playlist", "Mixed", "-o", tmp_path / "out.html")
    assert "Plays for 8:00" in words((tmp_path / "out.html").read_text())
