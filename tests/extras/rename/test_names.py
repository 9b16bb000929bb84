"""Names of files: what every system allows, and what a template makes of a track."""

import unicodedata
from dataclasses import replace

import pytest

from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.extras.rename.names import NameTemplate, legal_name


def test_file_names_are_legal_on_all_systems() -> None:
    for text, name in (
        ("Plain", "Plain"),
        ("  two   spaces ", "two spaces"),
        ("Etc. . .", "Etc"),
        ("...And Justice", "_..And Justice"),
        ("con", "con_"),
        ("AUX.remix", "AUX_.remix"),
        ("COM¹", "COM¹_"),
        ("Console", "Console"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("..", ""),
        ("ä" * 200, "ä" * 127),
        ("ab\u0337" * 100, ("ab\u0337" * 100)[:190]),
    ):
        assert legal_name(text) == name
        assert len(name.encode()) <= 255


def test_template_makes_paths_with_alternatives_and_room_for_sidecars() -> None:
    template = NameTemplate('{albumartist|artist}/{year|} {album|"Singles"}/{track:02} {title}')
    tags = Tags(artist='AC/DC: "live"', title="Who? <Me>|You*", track=3, album="B.", year=1999)
    assert template.path(Track(path="/m/x.MP3", state="ok", tags=tags)) == "AC_DC_ 'live'/1999 B/03 Who_ _Me__You_.MP3"
    bare = Tags(artist="Mo", title="a\nb\u200bc", track=12)
    assert template.path(Track(path="/m/x.mp3", state="ok", tags=bare)) == "Mo/Singles/12 a bc.mp3"
    assert NameTemplate("{title|file}").path(Track(path="/m/old name.mp3", state="ok")) == "old name.mp3"
    track = Track(path="/m/x.mp3", state="ok", tags=Tags(artist="Mo", title="One", album="..", label="L"))
    for text, path in (
        ('{artist}/{album|"Singles"}/{title}', "Mo/Singles/One.mp3"),
        ("{artist}/{album|label}/{title}", "Mo/L/One.mp3"),
        ("{artist}/{album|}/{title}", "Mo/One.mp3"),
        ("{artist} {album}/{title}", "Mo/One.mp3"),
    ):
        assert NameTemplate(text).path(track) == path
    with pytest.raises(LookupError, match=r"\{album\} leaves an empty name"):
        NameTemplate("{artist}/{album}/{title}").path(track)
    name = NameTemplate("{title}").path(Track(path="/m/x.wv", state="ok", tags=Tags(title="ß" * 300)))
    assert name.endswith("ß.wv")
    assert len((name[:-3] + ".lrc").encode()) in (254, 255)
    assert unicodedata.is_normalized("NFC", name)


def test_missing_values_and_invalid_templates_are_refused() -> None:
    track = Track(path="/m/x.mp3", state="ok", tags=Tags(title="..."))
    unnamed = replace(track, tags=Tags(artist="<unknown>", title="Track 03", album="Unknown Album"))
    assert NameTemplate('{artist|"No name"}/{title|file}').path(unnamed) == "No name/x.mp3"
    with pytest.raises(LookupError, match=r"\{artist\} is not known"):
        NameTemplate("{artist}/{title}").path(unnamed)
    for artist, title in (("Artist", "Blue"), ("Ann", "Track 03")):
        named = replace(track, tags=Tags(artist=artist, title=title))
        assert NameTemplate("{artist}/{title}").path(named) == f"{artist}/{title}.mp3"
    with pytest.raises(LookupError, match=r"\{artist\} is not known"):
        NameTemplate("{artist}").path(replace(track, tags=Tags(artist="Artist")))
    for text, why in (("{album|year}/{title}", "{album} or {year} is not known"), ("{title}", "leaves an empty name")):
        with pytest.raises(LookupError, match=why.replace("{", r"\{")):
            NameTemplate(text).path(track)
    for text, complaint in (
        ("{artist}: {title}", "can't have ':'"),
        ("{artist}\\{title}", "can't have"),
        ("{folder}/{title}", "without '/', files keep their folder"),
        ("all the same", "has no field"),
        ("/music/{title}", "--into DIR"),
        ("~/{title}", "--into DIR"),
        ("{artist}/../{title}", "--into DIR"),
        ("{performer}", "TEMPLATE: there is no field {performer}"),
    ):
        with pytest.raises(UsageError) as caught:
            NameTemplate(text)
        assert complaint in str(caught.value)
