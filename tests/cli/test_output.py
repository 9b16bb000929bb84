"""Text for terminals: nothing in a name or tag does anything there, hides, or covers other lines."""

from map4.base.text import printable, visible
from map4.cli.output import csv_text


def test_printable_text_keeps_languages_and_drops_controls() -> None:
    cases = [
        ("a\x1b[2Jb\u2066c\udcff", "a\ufffd[2Jb\ufffdc\ufffd"),
        ("a\u200bb\u2060\ufeff", "a\ufffdb\ufffd"),
        ("x" + "".join(chr(0xE0000 + ord(letter)) for letter in "delete everything"), "x\ufffd"),
        ("\u200da\u200c\u200db\u200d", "\ufffda\ufffdb\ufffd"),
        ("\u3164", "\ufffd"),
        ("Z" + "\u0335\u0310" * 250 + "a", "Z" + "\u0335\u0310" * 3 + "a"),
        ("\u20e3" * 100, "\u20e3" * 6),
        # What people write stays: accents apart from their letter, Persian, Tibetan, Thai, emoji of several parts.
        ("Bjo\u0308rk", "Bjo\u0308rk"),
        ("Việt".replace("ệ", "e\u0323\u0302"), "Vie\u0323\u0302t"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("བསྒྲུབས", "བསྒྲུབས"),
        ("ที่นี้", "ที่นี้"),
        ("\U0001f469\u200d\U0001f4bb \u2764\ufe0f", "\U0001f469\u200d\U0001f4bb \u2764\ufe0f"),
    ]
    assert [(text, printable(text)) for text, _ in cases] == cases


def test_visible_text_keeps_line_breaks() -> None:
    assert visible("one\ntwo\tthree\x1b") == "one\ntwo\tthree\x1b"  # controls are the business of each format
    assert visible("a\u200b\U000e0041\u202eb" + "\u0335" * 250) == "a\ufffd\ufffdb" + "\u0335" * 6
    assert visible("Việt \U0001f469\u200d\U0001f4bb") == "Việt \U0001f469\u200d\U0001f4bb"


def test_csv_has_no_formulas_for_spreadsheets() -> None:
    assert csv_text([["=1+1", "-x", None, -2.5, "a\0"]]) == "'=1+1,'-x,,-2.5,a\r\n"
