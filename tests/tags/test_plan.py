"""Which values are written, from whom, and how they are spelt."""

from dataclasses import replace
from typing import Any

import pytest
from made_tracks import made_track

from map4.core.music.album import AlbumLevel
from map4.core.music.analysis.key import Key
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.labels import Labels
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track, UserValues
from map4.tags.options import TagOptions
from map4.tags.plan import plan_file
from map4.tags.tagging import FieldPlan

TRACK = made_track("a.mp3", 131.99, "4A", 0.6)


def plan(track: Track, name: Any, values: dict[Any, Any] | None = None, **options: Any) -> FieldPlan:
    [field] = plan_file(track, values or {}, TagOptions(fields=[name], **options)).fields
    return field


def test_keys_are_in_the_requested_notation_and_tempi_rounded() -> None:
    assert plan(TRACK, "key").new == "Fm"
    assert plan(made_track("a.mp3", None, "12A"), "key").new == "Dbm"
    assert plan(made_track("a.mp3", None, "2B"), "key").new == "F#"
    assert plan(TRACK, "key", key_notation="openkey").new == "9m"
    # C#m is another name of the same key, 4A another notation, which stays unless it is asked for.
    assert plan(made_track("a.mp3", None, "12A"), "key", {"key": "C#m"}, overwrite=True).state == "same"
    assert plan(TRACK, "key", {"key": "4A"}).state == "same"
    assert plan(TRACK, "key", {"key": "4A"}, overwrite=True).state == "write"
    assert plan(TRACK, "key", {"key": "All"}).state == "differs"
    assert plan(TRACK, "bpm").new == "132"
    assert plan(made_track("a.mp3", 131.943), "bpm").new == "131.94"
    assert plan(replace(TRACK, user=UserValues(bpm=131.99)), "bpm").new == "131.99"
    assert plan(TRACK, "bpm", {"bpm": 132.02}, overwrite=True).state == "same"
    assert plan(TRACK, "bpm", {"bpm": 66.0}).state == "differs"
    assert plan(TRACK, "bpm", {"bpm": 66.0}, overwrite=True).state == "write"
    assert plan(made_track("a.mp3"), "bpm").state == "unknown"


def test_values_of_the_user_overwrite_tags_at_any_confidence() -> None:
    mine = UserValues(key=Key.parse("8A"), artist="Me", title="Mine", genre="House", year=2001, energy=9, rating=2.5,
                      album="Ours", label="Own", comment="late")  # fmt: skip
    track = replace(TRACK, user=mine, tags=Tags(artist="Them", genre="Techno", year=1999))
    values = {
        "artist": "Them",
        "genre": "Techno",
        "year": 1999,
        "rating": 5.0,
        "energy": 1,
        "key": "Am",
        "comment": "promo",
    }
    shown = {
        name: plan(track, name, values, at_least=1.0)
        for name in ("artist", "title", "genre", "year", "energy", "rating", "key", "album", "label", "comment")
    }
    assert {name: (field.state, field.new) for name, field in shown.items()} == {
        "artist": ("write", "Me"), "title": ("write", "Mine"), "genre": ("write", "House"), "year": ("write", "2001"),
        "energy": ("write", "9"), "rating": ("write", "2.5"), "key": ("same", "Am"),
        "album": ("write", "Ours"), "label": ("write", "Own"), "comment": ("write", "late"),
    }  # fmt: skip
    assert {field.source for field in shown.values()} == {"user"}
    both = plan_file(track, values, TagOptions(fields=["comment", "comment_prefix"]))
    assert both.slots == {"comment": "8A - 9 - late"}


def test_labels_and_imports_fill_missing_tags() -> None:
    track = replace(TRACK, labels=Labels(genre="Electronic", confidence=0.4, source="claude"))
    assert plan(track, "genre").state == "unsure"
    assert plan(track, "genre", at_least=0.3).source == "labels"
    tagged = replace(track, tags=Tags(genre="Techno"))
    assert plan(tagged, "genre", {"genre": "Techno"}, overwrite=True, at_least=0.0).state == "same"
    rated = replace(TRACK, imported=ImportedValues(rating=3.0, bpm=90.0), prefer=("imported", "measured", "tag"))
    assert (plan(rated, "rating").new, plan(rated, "rating").source) == ("3", "imported")
    named = replace(TRACK, tags=Tags(), imported=ImportedValues(artist="Nadia ", title="Velvet"))
    assert (plan(named, "artist").new, plan(named, "artist").source) == ("Nadia", "imported")
    assert plan(named, "artist", {"artist": "Nadia"}).state == "same"
    assert (plan(rated, "bpm", at_least=1.0).state, plan(rated, "bpm").new) == ("write", "90")


def test_advisory_of_the_title_fills_a_missing_tag() -> None:
    clean = replace(TRACK, tags=replace(TRACK.tags, title="Night (Clean)", advisory="clean"))
    plan = plan_file(clean, {}, TagOptions(fields=["advisory"]))
    assert (plan.fields[0].state, plan.fields[0].source, plan.slots) == ("write", None, {"advisory": "clean"})
    assert plan_file(clean, {"advisory": "clean"}, TagOptions(fields=["advisory"])).fields[0].state == "same"
    unmarked = replace(TRACK, tags=replace(TRACK.tags, advisory="none"))
    assert plan_file(unmarked, {}, TagOptions(fields=["advisory"])).fields[0].state == "unknown"


def test_gain_is_written_relative_to_minus_18_lufs() -> None:
    assert plan(TRACK, "gain").new == "-8.60 dB"
    assert plan(replace(TRACK, analysis=None), "gain").state == "unknown"
    assert plan(TRACK, "album_gain").state == "unknown"
    of_album = replace(TRACK, album_level=AlbumLevel(gain_db=-7.5, peak_dbtp=-6.0206))
    assert plan(of_album, "album_gain", {"album_gain": -7.504}).state == "same"
    slots = plan_file(of_album, {"album_gain": -9.0}, TagOptions(fields=["album_gain"], overwrite=True)).slots
    assert slots == {"album_gain": -7.5, "album_peak": 0.5}


def test_comment_prefix_replaces_an_older_prefix() -> None:
    cases = [
        ("", "4A - 6"),
        ("bought in Leeds", "4A - 6 - bought in Leeds"),
        ("8A - 7 - bought in Leeds", "4A - 6 - bought in Leeds"),
        ("8A - Energy 7", "4A - 6"),
        ("12B - bought", "4A - 6 - bought"),
        ("8A", "4A - 6"),
        ("8 Amp", "4A - 6 - 8 Amp"),
    ]
    for comment, expected in cases:
        assert plan(TRACK, "comment_prefix", {"comment": comment} if comment else {}).new == expected
        assert plan(TRACK, "comment_prefix", {"comment": expected}).state == "same"


def marked(values: dict[Any, Any], *fields: Any, marks: tuple[str, ...] = ("peak", "vocal"), **options: Any) -> Any:
    """States of the fields, and what is written."""
    mine = UserValues(comment="bought" if "comment" in fields else None, marks=marks or None)
    found = plan_file(replace(TRACK, user=mine), values, TagOptions(fields=fields, **options))
    return [field.state for field in found.fields], found.slots


def test_marks_are_added_and_other_words_kept_unless_overwritten() -> None:
    assert marked({}, "comment_marks", "grouping_marks") == (
        ["write", "write"], {"comment": "/* peak / vocal */", "grouping": "peak; vocal"}
    )  # fmt: skip
    assert marked({"comment": "late", "grouping": "Warm-up"}, "comment_marks", "grouping_marks")[1] == {
        "comment": "late /* peak / vocal */", "grouping": "Warm-up; peak; vocal"
    }  # fmt: skip
    assert marked({"comment": "/* Vocal / PEAK */", "grouping": "vocal / peak"}, "comment_marks", "grouping_marks") == (
        ["same", "same"], {}
    )  # fmt: skip
    assert marked({"comment": "/* vocal */"}, "comment_marks", marks=()) == (["unknown"], {})
    values = {"comment": "/* dark / vocal / peak */ late"}
    assert marked(values, "comment_marks") == (["differs"], {})
    assert marked(values, "comment_marks", overwrite=True) == (["write"], {"comment": "/* vocal / peak */ late"})
    assert marked({"grouping": "dark"}, "grouping_marks", overwrite=True) == (["write"], {"grouping": "peak; vocal"})
    assert marked({"grouping": "dark"}, "grouping_marks") == (["write"], {"grouping": "dark; peak; vocal"})
    values: dict[Any, Any] = {"comment": "promo /* dark */"}
    assert marked(values, "comment", "comment_marks", marks=()) == (["write"] * 2, {"comment": "bought /* dark */"})
    assert marked({"comment": "bought /* dark */"}, "comment", "comment_marks", marks=())[1] == {}
    assert marked({"comment": "promo"}, "comment", "comment_marks", marks=()) == (
        ["write", "unknown"], {"comment": "bought"}
    )  # fmt: skip
    assert marked(values, "comment", "comment_marks", marks=(), overwrite=True)[1] == {"comment": "bought"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_comment_with_prefix_and_marks_is_written_once(overwrite: bool) -> None:
    fields = ("comment_marks", "comment_prefix", "comment")
    values: dict[Any, Any] = {"comment": "/* dark / peak */ promo"}
    states, slots = marked(values, *fields, overwrite=overwrite)
    words = "peak / vocal" if overwrite else "dark / peak / vocal"
    assert (states, slots) == (["write"] * 3, {"comment": f"4A - 6 - bought /* {words} */"})
    assert marked(slots, *fields, overwrite=overwrite) == (["same", "same", "same" if overwrite else "differs"], {})
