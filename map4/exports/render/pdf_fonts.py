"""Type for PDF: which font has a character, and how a text is laid out in several fonts.

Latin is set in Helvetica, which every PDF reader has. Characters that it lacks come from a font of this machine, whose
used letters are embedded; else from Symbol and, for Greek, Cyrillic, Chinese, Japanese and Korean, from the fonts that
PDF readers bring along for them. Characters that no font has become question marks and are counted.

Hebrew and Arabic are put into visual order, and Arabic letters into their joined forms. Scripts whose letters change
places or shapes beside others (Indic scripts, Burmese, Khmer) are not laid out correctly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFError, TTFont

FONT_FILES: tuple[str, ...] = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf",
    "Arial Unicode.ttf", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf", "wqy-microhei.ttc", "wqy-zenhei.ttc",
    "ipag.ttf", "msgothic.ttc", "msyh.ttc", "malgun.ttf", "NanumGothic.ttf",
)  # fmt: skip
"""TrueType files to look for in the usual font folders, small ones first."""

REPLACEMENT = "?"
_LATIN, _LATIN_BOLD = "Helvetica", "Helvetica-Bold"

# Fonts of PDF readers: Python's encodings of these names list the characters that they have at least.
_READER_FONTS = (
    ("HeiseiKakuGo-W5", "shift_jis"),
    ("STSong-Light", "gb2312"),
    ("MSung-Light", "big5"),
    ("HYSMyeongJo-Medium", "euc_kr"),
)
# The characters of Symbol, which every reader has, that reports use; its Greek has no accents.
_SYMBOLS = frozenset("→")
_FROM_THE_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_NEEDS_SHAPING = re.compile("[\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1a20-\u1aaf]")
_MOST_NAMED = 3
_OPENING = dict(zip("([{<«‹", ")]}>»›", strict=True))
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}
# Joiners and selectors of variants that letters can do without.
_DISPENSABLE = frozenset("\u200b\u200c\u200d\u2060\ufe0e\ufe0f\u00ad")


@dataclass(frozen=True, slots=True)
class _Font:
    name: str
    has: Callable[[str], bool]


class Typesetter:
    """Measures and draws texts, and counts characters that no font has.

    font_files: names of TrueType files to look for, in order of preference
    """

    def __init__(self, font_files: Sequence[str] = FONT_FILES) -> None:
        self._files = tuple(font_files)
        self.replaced = 0
        self.not_as_written: dict[str, None] = {}
        """The first texts with replaced letters or an incorrect layout."""

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """Width in points."""
        return float(sum(stringWidth(part, font, size) for font, part in self._runs(text, bold)[0]))

    def draw(self, canvas: Any, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
        """Draw from the left end of the baseline."""
        runs, replaced = self._runs(text, bold)
        self.replaced += replaced
        if replaced or _NEEDS_SHAPING.search(text):
            self._note(text)
        # One text object, so that copying and searching see it in one piece.
        line = canvas.beginText(x, y)
        for font, part in runs:
            line.setFont(font, size)
            line.textOut(part)
        canvas.drawText(line)

    def _note(self, text: str) -> None:
        """Record a text that is not as written; a text without its list number replaces the same text with it."""
        longer = [known for known in self.not_as_written if known.endswith(text)]
        for known in longer:
            del self.not_as_written[known]
        if len(self.not_as_written) < _MOST_NAMED and not any(map(text.endswith, self.not_as_written)):
            self.not_as_written[text] = None

    def cut(self, text: str, size: float, most: float, *, bold: bool = False) -> str:
        """Return as much of a text as fits into a width, with an ellipsis if it was cut."""
        if self.width(text, size, bold=bold) <= most:
            return text
        letters = self._fitting(text, size, most, bold, end="…")
        return text[:letters].rstrip() + "…"

    def lines(
        self, text: str, size: float, most: float, *, bold: bool = False, at_most: int | None = None
    ) -> list[str]:
        """Break a text into lines of a width, between words if possible; the last allowed line is cut."""
        lines: list[str] = []
        while self.width(text, size, bold=bold) > most and (at_most is None or len(lines) < at_most - 1):
            letters = max(1, self._fitting(text, size, most, bold))
            space = text.rfind(" ", 0, letters + 1)
            # File names may have no spaces; a joining character stays at the end of the line.
            joint = max(text.rfind(sign, 0, letters) for sign in "_-/") + 1
            lines.append(text[: space if space > 0 else joint or letters])
            text = text[space + 1 if space > 0 else joint or letters :]
        return [*lines, self.cut(text, size, most, bold=bold)]

    def _fitting(self, text: str, size: float, most: float, bold: bool, *, end: str = "") -> int:
        """Return how many letters fit into a width, together with `end`."""
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self.width(text[:middle].rstrip() + end, size, bold=bold) <= most
            low, high = (middle, high) if fits else (low, middle - 1)
        return low

    def _runs(self, text: str, bold: bool) -> tuple[list[tuple[str, str]], int]:
        """Return the parts of a text with their fonts, and how many letters no font has."""
        text, latin = _as_seen(text), _LATIN_BOLD if bold else _LATIN
        if _is_latin(text):
            return [(latin, text)], 0
        best = _fonts_for(self._files, tuple(sorted({c for c in text if not _is_latin(c)})))
        runs, font, replaced = list[tuple[str, str]](), latin, 0
        for letter in text:
            if _is_latin(letter):
                # A space stays with its word, so that a title is one piece if possible.
                font = font if letter == " " else latin
            elif letter in best:
                font = best[letter]
            else:
                letter, font = self._nearest(letter, latin)
                replaced += 1
            if runs and runs[-1][0] == font:
                letter = runs.pop()[1] + letter
            runs.append((font, letter))
        return runs, replaced

    def _nearest(self, letter: str, latin: str) -> tuple[str, str]:
        """Return a substitute for a letter that no font has, and its font: its base letter, or a question mark."""
        bare = unicodedata.normalize("NFKD", letter)[0]
        font = latin if _is_latin(bare) else _fonts_for(self._files, (bare,)).get(bare)
        return (REPLACEMENT, latin) if font is None else (bare, font)


@lru_cache(maxsize=4096)  # a library has more titles, but their letters repeat
def _fonts_for(files: tuple[str, ...], letters: tuple[str, ...]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for fonts in (_found_fonts(files), _reader_fonts()):  # embedded fonts look the same everywhere
        chosen |= _chosen(fonts, [letter for letter in letters if letter not in chosen])
    return chosen


def _chosen(fonts: Sequence[_Font], letters: Sequence[str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for font in fonts:
        had = [letter for letter in letters if font.has(letter)]
        if len(had) == len(letters):
            return dict.fromkeys(letters, font.name)
        for letter in had:
            chosen.setdefault(letter, font.name)
    return chosen


@cache
def _found_fonts(files: tuple[str, ...]) -> tuple[_Font, ...]:
    """Return the fonts of this machine that can be embedded, registered with reportlab."""
    fonts = []
    for file in files:
        name = f"map4-{file}"
        try:
            font = TTFont(name, file)
        except (TTFError, OSError):  # not on this machine, or outlines of a kind that reportlab can't embed
            continue
        registerFont(font)
        glyphs = font.face.charToGlyph
        fonts.append(_Font(name, lambda letter, glyphs=glyphs: glyphs.get(ord(letter), 0) != 0))  # type: ignore[misc]
    return tuple(fonts)


@cache
def _reader_fonts() -> tuple[_Font, ...]:
    """Return the fonts that PDF readers bring along, registered with reportlab."""
    fonts = [_Font("Symbol", lambda letter: letter in _SYMBOLS)]
    for name, encoding in _READER_FONTS:
        registerFont(UnicodeCIDFont(name))
        fonts.append(_Font(name, lambda letter, encoding=encoding: _encodes(letter, encoding)))  # type: ignore[misc]
    return tuple(fonts)


def _as_seen(text: str) -> str:
    """Return letters from left to right, with accents composed, as fonts have them."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", text)
    if _FROM_THE_RIGHT.search(text):
        from arabic_reshaper import ArabicReshaper
        from bidi import get_display

        # Few fonts have the ligature for Allah.
        text = ArabicReshaper({"use_unshaped_instead_of_isolated": True, "ARABIC LIGATURE ALLAH": False}).reshape(text)
        text = _mirrored(str(get_display(text)))
    return "".join(c for c in text if c not in _DISPENSABLE)


def _mirrored(seen: str) -> str:
    """Swap brackets that the reordering of right-to-left text turned back to back."""
    letters, opened, closed = list(seen), list[int](), list[int]()
    for place, letter in enumerate(letters):
        if letter in _OPENING:
            opened.append(place)
        elif letter in _CLOSING:
            if opened and letters[opened[-1]] == _CLOSING[letter]:
                opened.pop()
            else:
                closed.append(place)
    for place in (*opened, *closed):
        letters[place] = (_OPENING | _CLOSING)[letters[place]]
    return "".join(letters)


def _is_latin(text: str) -> bool:
    return _encodes(text, "cp1252")


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return text.isprintable()
