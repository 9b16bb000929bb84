"""The words of a song: text with and without times, beside the file and in every kind of tag."""

from pathlib import Path

import mutagen
import numpy as np
import soundfile
from mutagen.id3 import SYLT, USLT

from map4.core.audio.tags.lyrics import lyrics_of, lyrics_to_store
from map4.core.music.track.lyrics import FileLyrics, Lyrics


def lines_of(found: Lyrics | None) -> list[tuple[int | None, str]] | None:
    return None if found is None else [(line.start_ms, line.text) for line in found.lines]


def test_lyrics_are_parsed_with_their_times() -> None:
    cases = [
        ("One\r\nTwo\n\nThree\n\n", [(None, "One"), (None, "Two"), (None, ""), (None, "Three")]),
        ("[00:02.5]Two\n[00:01.25]One", [(1250, "One"), (2500, "Two")]),
        ("[00:01][01:01.005] Again", [(1000, "Again"), (61005, "Again")]),
        ("[offset:+500]\n[ar:Ann]\n[00:01.00]<00:01.00>One <00:01.50>word", [(500, "One word")]),
        ("[00:01,75]Two [00:02.00]words\ngo on\n\nand on", [(1750, "Two words"), (1750, "go on"), (1750, "and on")]),
        ("[offset:9999]\n[00:01.00]One", [(0, "One")]),
        ("[59:59.5]One\n[1:40:05.10]<1:40:06.00>Two", [(3_599_500, "One"), (6_005_100, "Two")]),
        ("[01:40:05,1]One\n[02:00:00]Two", [(6_005_100, "One"), (7_200_000, "Two")]),
        ("[59:59]One\n[01:00:05]Two", [(3_599_000, "One"), (3_605_000, "Two")]),
        ("\n".join(f"[0{n}:00:05]One" for n in range(8)), [(n * 3_600_000 + 5000, "One") for n in range(8)]),
        ("[00:01:50]One\n[00:02:75]Two", [(1500, "One"), (2750, "Two")]),  # hundredths
        ("[00:10.00]Line\n[bg: ooh]\n[00:12.00]Next\n[Bridge: x]", [(10_000, "Line"), (12_000, "Next")]),
        (
            "[Chorus: Rihanna]\nwords\n[Hook:2x]\nmore",
            [(None, line) for line in ("[Chorus: Rihanna]", "words", "[Hook:2x]", "more")],
        ),
        ("[ti:Song]\n[Verse 1: Ann]\n[Outro:]", [(None, "[Verse 1: Ann]"), (None, "[Outro:]")]),
        ("One\0", [(None, "One")]),
        ("no time\n[00:01.00]One", [(1000, "One")]),
        ("[Chorus]\nla la", [(None, "[Chorus]"), (None, "la la")]),
        ("  \n[ar:Ann]\n", None),
        ("", None),
    ]
    assert [(text, lines_of(Lyrics.of_text(text))) for text, _ in cases] == cases


def sound(path: Path) -> Path:
    soundfile.write(path, np.zeros((8_000, 1)), 8_000)
    return path


def test_lyrics_are_read_from_every_kind_of_tag(tmp_path: Path) -> None:
    for name, tag in (("a.flac", "LYRICS"), ("b.ogg", "UNSYNCEDLYRICS"), ("c.ogg", "syncedlyrics")):
        file = mutagen.File(sound(tmp_path / name))  # type: ignore[attr-defined]
        file[tag] = ["[00:01.00]One"] if tag.startswith("sync") else ["One"]
        file.save()
        assert lines_of(lyrics_of(str(tmp_path / name))) == [(1000 if name[0] == "c" else None, "One")]
        assert lyrics_to_store(str(tmp_path / name)) == FileLyrics(words="one", language="unknown")
    file = mutagen.File(sound(tmp_path / "d.mp3"))  # type: ignore[attr-defined]
    file.add_tags()
    file.tags.add(USLT(lang="deu", text="Eins\nZwei"))
    file.save()
    found = lyrics_of(str(tmp_path / "d.mp3"))
    assert (lines_of(found), found and found.language) == ([(None, "Eins"), (None, "Zwei")], "deu")
    file.tags.add(SYLT(lang="\0\0\0", format=2, type=1, text=[("Eins", 700), ("Zwei", 1400)]))
    file.save()
    found = lyrics_of(str(tmp_path / "d.mp3"))  # those with times come first
    assert (lines_of(found), found and found.language) == ([(700, "Eins"), (1400, "Zwei")], None)


def test_lyrics_file_precedes_tags_and_damaged_lyrics_are_ignored(tmp_path: Path) -> None:
    file = mutagen.File(sound(tmp_path / "a.flac"))  # type: ignore[attr-defined]
    file["lyrics"] = ["In the tags"]
    file.save()
    (tmp_path / "a.txt").write_bytes("Gr\u00fc\u00dfe".encode("cp1252"))
    assert lines_of(lyrics_of(str(tmp_path / "a.flac"))) == [(None, "Gr\u00fc\u00dfe")]
    (tmp_path / "a.lrc").write_bytes(b"\xff\xfe" + "[00:01]Here".encode("utf-16-le"))
    assert lines_of(lyrics_of(str(tmp_path / "a.flac"))) == [(1000, "Here")]
    (tmp_path / "a.lrc").rename(tmp_path / "a.LRC")
    assert lines_of(lyrics_of(str(tmp_path / "a.flac"))) == [(1000, "Here")]
    for name in ("a.LRC", "a.txt"):
        (tmp_path / name).write_bytes(bytes(range(256)))
    assert lines_of(lyrics_of(str(tmp_path / "a.flac"))) == [(None, "In the tags")]
    (tmp_path / "b.mp3").write_bytes(b"ID3\x04\x00\x00\x00\x00\x7f\x7fUSLT")
    assert lyrics_of(str(tmp_path / "b.mp3")) is None
    assert lyrics_of(str(tmp_path / "gone.mp3")) is None
