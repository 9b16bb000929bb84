"""What reports say, before it is drawn."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from mixable_tracks import PLAN
from report_tracks import NASTY, failed_track, playlist, report_track, report_tracks, statistics, transition_of

from map4.core.music.analysis.analysis import Tempo
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.labels import Labels
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.core.music.track.wording import TrackWords
from map4.exports.figures.library_map import MapDot
from map4.exports.report.blocks import Block, Facts, Figures, Heading, Paragraph, Table
from map4.exports.report.report import TEMPLATES, Report, Template
from map4.exports.report.setlist import running_order, set_bars, show_table
from map4.exports.report.templates import report_blocks


def blocks(**parts: Any) -> list[Block]:
    found = list(report_blocks(Report(**{"title": "A report", **parts})))
    return [replace(block, rows=tuple(block.rows)) if isinstance(block, Table) else block for block in found]


def facts(found: list[Block]) -> dict[str, str]:
    return {name: value for block in found if isinstance(block, Facts) for name, value in block.items}


def figure_titles(found: list[Block]) -> list[str]:
    return [figure.title for block in found if isinstance(block, Figures) for figure in block.figures]


def rows(found: list[Block]) -> list[tuple[str, ...]]:
    return [tuple(cell.text for cell in row.cells) for table in tables(found) for row in table.rows]


def notes(found: list[Block]) -> list[str | None]:
    return [row.note for table in tables(found) for row in table.rows]


def tables(found: list[Block], *, brief: bool = False) -> list[Table]:
    """The tables of tracks, or the brief ones beside them."""
    beside = ("Pairs", "Uncertain values, and what helps", "Weakest transitions")
    return [block for block in found if isinstance(block, Table) and (block.caption in beside) is brief]


def test_templates_have_a_heading_and_facts_for_all_selections() -> None:
    for template in TEMPLATES:
        for parts in (
            {"tracks": report_tracks(), "statistics": statistics()},
            {"tracks": report_tracks()},
            {"playlist": playlist(report_tracks())},
            {"tracks": [report_track()]},
            {"tracks": []},
            {"playlist": playlist([])},
            {"tracks": [report_track(bpm=None, key=None, energy=None, hamms=None)]},
        ):
            found = blocks(template=template, made="today", **parts)
            assert found[0] == Heading(text="A report", level=1)
            assert found[1] == Paragraph(text="today", small=True)
            assert facts(found) or template == "compatibility_matrix"


def test_the_library_report_counts_and_lists() -> None:
    dots = [MapDot(name="t", genre=None, x=0.0, y=0.0)]
    found = blocks(template="library", tracks=report_tracks(), statistics=statistics(8), dots=dots)
    shown = facts(found)
    assert shown["Length"] == "1 h 30 min"
    assert shown["Tempo, median"] == "125.0 BPM"
    assert shown["Most frequent key"] == "9A (4)"
    (doubts,) = tables(found, brief=True)
    assert [tuple(cell.text for cell in row.cells) for row in doubts.rows] == [
        ("Tempo in doubt", "1", "map4 doctor --only tempo"),
        ("Key in doubt", "2", "map4 doctor --only key"),
        ("Tempo not known", "2", "map4 tap TRACK"),
        ("Key not known", "2", "map4 set TRACK key=8A"),
        ("Genre not known", "2", "map4 classify"),
        ("Failed: corrupt", "3", "map4 doctor --only file"),
    ]
    assert figure_titles(found) == [
        "Keys on the Camelot wheel", "Tempo", "Energy", "Loudness", "Genres, the 10 most frequent of 12", "Decades",
        "Formats", "Map of the sound: tracks near each other sound alike",
    ]  # fmt: skip
    listed = rows(found)
    assert len(listed) == 6
    assert listed[0] == ("1", "Ann", "Song 0", "120.0", "8A", "1", "-9.4", "3:04", "House", "1998")


def test_keys_have_the_requested_notation_and_set_lists_explain_transitions() -> None:
    found = blocks(tracks=report_tracks(), statistics=statistics(), notation="musical")
    assert facts(found)["Most frequent key"] == "Em (4)"
    assert rows(found)[0][4] == "Am"
    found = blocks(template="dj_setlist", playlist=playlist(report_tracks(2)))
    assert rows(found)[1] == ("2", "3:04", "Ann – Song 1", "122.0", "8A", "1", "0:00", "3:04", "3:04")
    assert notes(found) == ["energy 7", "excellent: +1.6 % tempo; 8A → 9A neighbour"]


class Counted:
    """Tracks of a stream; `taken` counts those that were read."""

    def __init__(self, count: int) -> None:
        self._count, self.taken = count, 0

    def __iter__(self) -> Iterator[Track]:
        for track in report_tracks(self._count):
            self.taken += 1
            yield track


def test_statistics_are_counted_unless_they_are_given() -> None:
    found = blocks(
        tracks=[*report_tracks(), report_track(bpm=None, key=None, energy=None, tags={"year": None, "genre": None})]
    )
    shown = facts(found)
    assert shown["Tracks"] == "7"
    assert shown["Tempo, median"] == "125.0 BPM"
    assert shown["Most frequent key"] == "8A (2)"
    assert rows(found)[-1][3:6] == ("–", "–", "–")
    assert rows(found)[-1][8:] == ("–", "–")
    tracks = Counted(50)
    stream = report_blocks(Report(title="x", tracks=tracks, statistics=statistics()))
    table = next(block for block in stream if isinstance(block, Table))
    before = tracks.taken
    assert before <= 7  # a radar needs to know whether there are more than six
    next(iter(table.rows))
    assert tracks.taken <= before + 1


def test_report_of_few_tracks_compares_each_pair_instead_of_histograms() -> None:
    found = blocks(
        tracks=[report_track("three.mp3", None, None, None), report_track("two.mp3", 126.48, "9A", 0.6), report_track()]
    )
    assert figure_titles(found) == ["Keys on the Camelot wheel", "HAMMS, the twelve numbers for mixing"]
    (pairs,) = tables(found, brief=True)
    assert [tuple(cell.text for cell in row.cells) for row in pairs.rows] == [
        ("2 Ann – two + 3 Ann – one", "0.95", "+2.0 %", "9A → 8A neighbour", "6 → 6", "1.00"),
        ("1 Ann – three + 2 Ann – two", "0.50", "–", "– → 9A unknown", "– → 6", "1.00"),
        ("1 Ann – three + 3 Ann – one", "0.50", "–", "– → 8A unknown", "– → 6", "1.00"),
    ]
    assert [(row.rating, row.note) for row in pairs.rows][:2] == [
        ("excellent", "excellent: tempo and key fit"),
        ("poor", "poor: neither tempo nor key fit"),
    ]
    assert {"Tempo", "Energy"} <= set(figure_titles(blocks(tracks=report_tracks(8))))
    assert not tables(blocks(tracks=report_tracks(7)), brief=True)
    doubled = blocks(tracks=[report_track(bpm=87.0), report_track("two.mp3", 174.0)])
    assert tables(doubled, brief=True)[0].rows[0].cells[2].text == "0.0 % /2"  # type: ignore[index]


def test_report_of_one_track_has_its_values_and_compatible_keys() -> None:
    for template in ("standard", "professional"):
        found = blocks(template=template, tracks=[report_track()])
        assert facts(found)["Tempo"] == "124.00 BPM"
        assert figure_titles(found) == ["HAMMS, the twelve numbers for mixing", "Keys that 8A mixes with, in percent"]
        assert [table.caption for table in tables(found)] == ["Who says what"]
    found = blocks(tracks=[failed_track()])
    assert Paragraph(text="Not analysed: corrupt.") in found
    assert figure_titles(found) == []


def test_running_times_follow_mix_plans_and_known_lengths() -> None:
    tracks = [report_track(cue_in_s=2.0, cue_out_s=180.0), report_track(cue_in_s=None, cue_out_s=None)]
    plan = replace(PLAN, leave=replace(PLAN.leave, at_s=150.0, until_s=166.0), enter=replace(PLAN.enter, until_s=31.2))
    listed = Tracklist(tracks=tracks, picks=[ListedPick(), ListedPick(transition=transition_of(0.8), plan=plan)])
    slots = running_order(listed)
    assert [(slot.starts_s, slot.mix_in_s, slot.mix_out_s) for slot in slots] == [
        (0.0, 0.0, 150.0),
        (150.0, 15.2, 184.0),
    ]
    assert facts(blocks(template="dj_setlist", playlist=listed))["Plays for"] == "5:19"  # 150.0 + 184.0 - 15.2
    first, second = set_bars(slots, "camelot")
    assert (first.ends_s, second.starts_s) == (166.0, 150.0)
    assert first.shown == pytest.approx((0.0, 166.0 / 184.0))
    assert second.shown == pytest.approx((15.2 / 184.0, 1.0))
    tracks = [report_track(), replace(report_track(), analysis=None, state="pending"), report_track()]
    found = blocks(template="dj_setlist", playlist=playlist(tracks))
    assert [row[1] for row in rows(found)] == ["0:00", "3:04", "–"]
    assert facts(found)["Plays for"] == "6:08 and 1 of unknown length"
    radio = blocks(template="radio_show", playlist=playlist(tracks))
    assert [row[1] for row in rows(radio)] == ["–", "–", "–"]


def test_weakest_transitions_are_listed_as_in_a_check() -> None:
    totals = [None, 0.7, 0.95, 0.58, 0.74, 0.76]
    picks = [ListedPick(transition=None if total is None else transition_of(total)) for total in totals]
    listed = Tracklist(tracks=report_tracks(6), picks=picks)
    for template in ("standard", "summary", "dj_setlist"):
        found = blocks(template=template, playlist=listed, judged=True)
        weak = next(block for block in found if isinstance(block, Table) and block.caption == "Weakest transitions")
        assert [row.cells[0].text.partition(":")[0] for row in weak.rows] == ["3–4", "1–2", "4–5"]
    titles = [
        block.caption
        for block in blocks(template="standard", playlist=playlist(report_tracks(3)), judged=True)
        if isinstance(block, Table)
    ]
    assert "Weakest transitions" not in titles


def test_pages_for_guests_have_no_ratings_and_covers_a_set_clock() -> None:
    for template in ["standard", "summary", "dj_setlist", "radio_show", "professional"]:
        totals = [None, 0.7, 0.58]
        picks = [ListedPick(transition=None if total is None else transition_of(total)) for total in totals]
        shown = facts(found := blocks(template=template, playlist=replace(playlist(report_tracks(3)), picks=picks)))
        assert not {"Quality", "Its parts, of 100", "Steps"} & {*shown}
        assert "Weakest transitions" not in [table.caption for table in tables(found)]
    tracks = report_tracks(3)
    assert "Keys on the Camelot wheel" in figure_titles(blocks(template="professional", tracks=tracks))
    listed = figure_titles(blocks(template="professional", playlist=playlist(tracks)))
    assert "The set on the clock" in listed
    assert "Keys on the Camelot wheel" not in listed


@pytest.mark.parametrize("template", ["dj_setlist", "radio_show"])
def test_pages_for_others_contain_no_internal_reasons(template: Template) -> None:
    listed = playlist(report_tracks(2))
    inside = ["the seed", "sounds 31 % like the seed", "preferred: rating:4..", "relaxed: harmonic flexible → off"]
    reasons = ["same tempo", "energy 6 → 7, wanted 9", *inside, "although to be avoided: played:-2w"]
    listed = replace(listed, picks=[replace(pick, reasons=tuple(reasons)) for pick in listed.picks])
    found = blocks(template=template, playlist=listed)
    assert [*facts(found)] == ["Tracks", "Plays for"]
    assert notes(found) == ["same tempo; energy 6 → 7", "excellent: same tempo; energy 6 → 7"]
    for_the_maker = notes(blocks(template="standard", playlist=listed, judged=True))
    assert for_the_maker[1] == f"excellent 0.95: {'; '.join(reasons)}"


@pytest.mark.parametrize("template", ["standard", "summary"])
def test_judged_list_shows_its_quality(template: Template) -> None:
    found = blocks(template=template, playlist=playlist(report_tracks(2)), judged=True)
    assert facts(found)["Quality"] == "94 of 100"
    assert facts(found)["Steps"] == "all limits kept"
    assert "Genre" not in facts(found)  # not known


def test_radio_show_ends_on_the_full_hour_and_begins_an_hour_before_if_long() -> None:
    slots = running_order(playlist(report_tracks(3)))  # 3:04 each
    clocks = [row.cells[1].text for row in show_table(slots, "camelot").rows]
    assert clocks == ["50:48", "53:52", "56:56"]
    left = [row.cells[2].text for row in show_table(slots, "camelot").rows]
    assert left == ["9:12", "6:08", "3:04"]
    slots = running_order(playlist(report_tracks(20)))  # 61:20
    assert next(iter(show_table(slots, "camelot").rows)).cells[1].text == "58:40"


def test_professional_report_has_a_page_per_track_and_states_omissions() -> None:
    labels = Labels(
        genre="House", subgenre="Deep", mood="dark", era="1990s", tags=("dub", "late"), confidence=0.8,
        source="claude", model="some-model",
    )  # fmt: skip
    found = blocks(template="professional", tracks=[report_track(labels=labels), report_track("two.mp3")])
    heads = [block for block in found if isinstance(block, Heading) and block.level == 2]
    assert [(head.text, head.new_page) for head in heads] == [("Ann – one", True), ("Ann – two", True)]
    shown = facts(found)
    assert shown["Key"] == "8A, A minor"
    assert shown["Tags"] == "dub, late"
    assert shown["Confidence"] == "80 %"
    assert shown["Said by"] == "some-model"
    first, second = report_track(), report_track("two.mp3")
    near = {"neighbours": lambda track: {"Sounds most like it": [(second, 0.9)]}}
    assert "Sounds most like it" in [table.caption for table in tables(blocks(tracks=[first], **near))]
    paged = blocks(template="professional", tracks=[first, second], **near)
    assert {table.caption for table in tables(paged)} == {"Who says what"}
    many = report_tracks(201)
    professional = blocks(template="professional", tracks=many, statistics=statistics(201))
    assert "The first 200 of 201 tracks in detail" in professional[-1].text
    matrix = blocks(template="compatibility_matrix", tracks=many[:30])
    assert any(isinstance(b, Paragraph) and b.text.startswith("The first 24 of 30") for b in matrix)


def test_report_marks_doubtful_tempi_and_failed_tracks() -> None:
    doubtful = report_track(tempo=Tempo(bpm=124.0, confidence=0.3))
    failed = failed_track("x/y/gone.mp3", title=None, artist=None)
    found = blocks(tracks=[doubtful, failed])
    assert rows(found)[0][3] == "124.0?"
    assert rows(found)[1][1:3] == ("–", "gone.mp3")
    assert notes(found)[1] == "not analysed: corrupt"
    assert rows(found)[1][3:8] == ("–",) * 5
    assert TrackWords(replace(failed, path="C:\\Music\\Artist\\name.flac", tags=Tags(title=" "))).title == "name.flac"
    assert TrackWords(failed).name == "gone.mp3"


def test_texts_are_single_printable_lines_and_times_minutes_or_hours() -> None:
    for text in NASTY:
        clean = TrackWords.shown(text)
        assert clean.isprintable() or "\ufffd" in clean
        assert "\n" not in clean
        assert not set(clean) & set("\0\x1b\x9b\u202e\u2066\u2028\ud800\ufffe")
        assert len(clean) <= 300
        clean.encode("utf-8")
    assert TrackWords.shown("x" * 300) == "x" * 300
    assert TrackWords.shown("x" * 301).endswith("…")
    assert TrackWords.shown("x" * 299 + " " * 1000).endswith("…")
    assert TrackWords.shown("Ελληνικά 東京 – ok") == "Ελληνικά 東京 – ok"
    assert [TrackWords.time(s) for s in (0.0, 59.6, 3599.4, 3600.0, -61.0, None)] == [
        "0:00",
        "1:00",
        "59:59",
        "1:00:00",
        "-1:01",
        "–",
    ]


@pytest.mark.parametrize("template", ["standard", "compatibility_matrix"])
def test_long_table_is_cut_and_states_its_number_of_rows(template: Any) -> None:
    found = blocks(template=template, tracks=report_tracks(30), statistics=statistics(30), most_rows=10)
    assert [row[0] for row in rows(found)] == [str(number) for number in range(1, 11)]
    assert Paragraph(text="The first 10 of 30 tracks; the figures count all of them.") in found
    whole = blocks(template=template, tracks=report_tracks(30), statistics=statistics(30), most_rows=30)
    assert len(rows(whole)) == 30
    assert not any(isinstance(block, Paragraph) and "The first 30" in block.text for block in whole)


@pytest.mark.parametrize(("template", "most"), [("professional", 201), ("compatibility_matrix", 25)])
def test_only_shown_tracks_of_a_long_library_are_read(template: Any, most: int) -> None:
    tracks = Counted(300)
    for block in report_blocks(Report(title="x", tracks=tracks, template=template, statistics=statistics(300))):
        if isinstance(block, Table):
            break
    assert tracks.taken <= most
