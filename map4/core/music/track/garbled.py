"""Texts that a program wrote in another encoding than their tags declare (mojibake), and the texts that were meant.

Tags of Windows programs often contain bytes of a local code page in fields that are Latin-1 by their standard, and some
programs encode UTF-8 twice. Only texts that no European language writes are doubted: a word in another script has no
plain letter.

Names in Windows-1250 (Polish, Czech, Hungarian …) that a program stored as Latin-1: `Dvoøák`, `£ona`, `Õrzõ`.

Both encodings write letters for the same bytes, so a name counts as garbled only if a sign can't be within a word
(`W³adys³aw`), or no language of Latin-1 has all letters of a word, and one of Windows-1250 has.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from map4.core.base.regular_files import OnDisk
from map4.core.base.text import MOST_LETTERS, as_windows

CONTROLS = "␍␏␝"  # symbols for the bytes of Ť, Ź and ť, which are no letters in Windows-1252
_WORD_SIGNS = f"£¥³¹¯¾¼ªº¿{CONTROLS}"
_WORD = re.compile(rf"(?<!\d)(?:[^\W\d_]|[{_WORD_SIGNS}])+")
_ANY_LETTER = r"[^\W\d_]"
# A footnote, "m³", "Nº" and "¿Qué" have these at an end of a word.
_SIGN_IN_WORD = re.compile(rf"[£¯¾³¹ª{CONTROLS}](?={_ANY_LETTER})|(?<={_ANY_LETTER})[º¿¥](?={_ANY_LETTER})")
# As text, compiled on first use: most commands need none.
_LANGUAGES = tuple(
    f"[{letters}]+"
    for letters in (
        "a-pr-vyzáčďéěíňóřšťúůýž",  # Czech
        "a-pr-vyzáäčďéíĺľňóôŕšťúýž",  # Slovak
        "a-pr-uwyząćęłńóśźż",  # Polish
        "a-pr-vyzáéíóöőúüű",  # Hungarian
        "a-pr-vzčćđšž",  # of South Slavs
        "a-pr-vxzăâîşţ",  # Romanian
    )
)
# "øá" is in no word of Danish, Norwegian or Faroese, nor "iøi".
_NORDIC = "(?!.*ø[áéíóúý]|.*[aiouyáíóúý]ø[aiou])"
_WESTERN = (
    "[a-zàâæçéèêëîïôœùûüÿñ]+"  # French
    "|[a-zàçèéíïòóúüñ]+|[a-záéíïóúüñ]+"  # Catalan, Spanish
    "|(?!.*õ(?!e))[a-zàáâãçéêíóôõúü]+"  # Portuguese
    f"|{_NORDIC}[a-zæøåéèêóòôäöü]+|{_NORDIC}[a-záðíóúýæøåö]+|[a-záðéíóúýþæö]+"
    "|[a-zåäöéüàšžß]+|[abd-pr-väöõüšž]+"  # Swedish, Finnish, Estonian
    "|[a-zäëéöïüáíóú]+|[a-zâêîôäëïöü]+"  # Dutch, Luxembourgish, Welsh
    "|[a-zàèìòùéçî]+|[a-zçöüâî]+|[a-zãõñ]+"
    # Pinyin and languages of West Africa, by syllables
    "|(?:[aeiouàáèéìíòóùú]{1,3}(?:ng?|r)?)?(?:(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])[aeiouüàáèéìíòóùú]{1,3}(?:ng?|r)?)*"
    "|(?:[aeiouàáèéìíòóùú]{1,3}[nm]?)?(?:(?:gb|kp|[bcdfghjklmnprstvwyz])[wy]?[aeiouàáèéìíòóùú]{1,3}[nm]?)*"
)
_IN_ENGLISH = str.maketrans("£¥", "ly")
_ENGLISH_WORDS = os.path.join(os.path.dirname(os.path.dirname(__file__)), "data", "words_with_l.txt")
"""English words with L or Y that names and titles often have."""
_MOST_LETTERS = 30  # of a word; the time for syllables grows with its length
_VOWELS = frozenset("aeiouyáäéěíóôúůýąęöőüűăâî")


def is_central_european(written: str, meant: str) -> bool:
    """Return whether a text is garbled for certain; `meant` are the same bytes in Windows-1250."""
    return any(_is_proof(match[0], meant[match.start() : match.end()]) for match in _WORD.finditer(written))


def languages_of(written: str, meant: str) -> frozenset[int]:
    """Return numbers of the languages that have all letters of the words that change."""
    words = ((match[0], meant[match.start() : match.end()]) for match in _WORD.finditer(written))
    found = [_languages(word) for before, word in words if before != word]
    return frozenset.intersection(*found) if found else frozenset()


def _languages(meant: str) -> frozenset[int]:
    return frozenset(number for number, letters in enumerate(_LANGUAGES) if re.fullmatch(letters, meant.lower()))


def _is_english(word: str) -> bool:
    """Return whether signs of money in a word stand for the letters of an English word: `£ondon`, `MONE¥`."""
    plain = word.translate(_IN_ENGLISH).lower()
    return plain != word.lower() and plain in _english_words()


@cache
def _english_words() -> frozenset[str]:
    return frozenset(OnDisk(_ENGLISH_WORDS).read(most_bytes=100_000).decode().split())


def _is_proof(word: str, meant: str) -> bool:
    is_cased = meant.islower() or meant.isupper() or meant[1:].islower()
    if word == meant or not is_cased or not 2 < len(word) <= _MOST_LETTERS:
        return False
    if not _languages(meant) or _VOWELS.isdisjoint(meant.lower()):
        return False
    if _SIGN_IN_WORD.search(word):
        return not _is_english(word)
    if not word.isalpha():
        return False
    lower = word.lower()
    if re.search("õ(?!e)", lower) and "z" in lower:  # neither Portuguese nor Estonian or Vietnamese
        return True
    return len(re.findall("[^a-z]", lower)) > 1 and not re.fullmatch(_WESTERN, lower)


# Letters of Windows-1252 that were read as Latin-1, where these numbers are controls, which texts lack.
_WINDOWS = {bytes([byte]).decode("cp1252", "ignore"): byte for byte in range(0x80, 0xA0)}
_WINDOWS.pop("")
_LETTER = re.compile(f"[{''.join(_WINDOWS)}\xa1-\xff]")
# Bytes that cleaning drops: controls that are no letters in Windows-1252, and a no-break space at the end.
_CONTROLS = {byte: chr(0x2400 + byte % 0x80) for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
_BLANK_SYMBOL, _LAST_BLANK = "␠", re.compile(r"\xa0(?=[^\S\xa0]*$)")
_DROPPED = re.compile(f"[{''.join(map(chr, _CONTROLS))}]|{_LAST_BLANK.pattern}")
_SYMBOLS = f"{''.join(_CONTROLS.values())}{_BLANK_SYMBOL}"
_WINDOWS |= {symbol: byte for byte, symbol in _CONTROLS.items()} | {_BLANK_SYMBOL: 0xA0}
SIGNS = "".join(_WINDOWS) + "\xa0-\xff"
"""Characters that bytes from 0x80 become in Latin-1 or Windows-1252, for a character class."""
_SUSPECT = (f"[{SIGNS}][{SIGNS}]", f"[ƒ‚{_SYMBOLS}]")
_RIGHT, _WRONG = "áéíóöúýšžÁÉÍÓÖÚÝŠŽ", "øèìùòïûæðØÈÌÙÒÏÛÆÐ"
_BOTH = (f"[{_RIGHT}].*[{_WRONG}]", f"[{_WRONG}].*[{_RIGHT}]")
_PATTERNS = (*_SUSPECT, "[£¥³¹¯¾ª][A-Za-z]", "[A-Za-z][º¿]", "[õÕ][a-df-zA-DF-Z]", *_BOTH)
SUSPECT_GLOBS = tuple(f"*{pattern.replace('.*', '*')}*" for pattern in _PATTERNS)
"""Patterns of SQL: each garbled text has two signs in a row, the first byte of a kana, a symbol of `with_symbols`, or
letters of Windows-1250 that are in no word of other languages. Unless another file has the name right (`known_name`).
"""

KNOWN = ("artist", "album_artist")  # the texts that another file may have right

_TIMES = 3  # some texts were encoded again by each program
_LEAST_DIFFERENT = 4  # letters
_LEAST_VOWELLED = 4  # letters in a word that has a vowel
_MOST_RANK = 0.42  # of the alphabet: letters of running text are mostly frequent ones; of a wrong reading, any
_COMMON = 0.8  # share of the common characters in a Chinese text
_WORDS = re.compile(r"[^\W\d_]+")
_KANA = "[\u3041-\u30ff]"
# The second byte of "ー", "・" and a blank, whose first byte a program dropped.
_HALF_SIGN = re.compile(f"(?<={_KANA})(?:\\[(?![^\\[]*\\])|E(?={_KANA}))|(?<=[\u3041-\u9fff])@(?=[\u3041-\u9fff])")
_HALF_LETTER = re.compile(f"[ÂÃ](?![{SIGNS}])")  # in UTF-8


class EncodingRepair(NamedTuple):
    """What garbled texts were meant to be, by name, and the encoding in words.

    is_whole: whether all garbled texts could be read; some lost a byte in another program
    """

    encoding: str
    texts: Mapping[str, str]
    is_whole: bool = True


class _Page(NamedTuple):
    """A code page: of a byte per letter, with its letters by frequency and its vowels, or of two bytes per letter.

    vowels: of scripts with capital letters
    wrong: what no text in this script has
    common: first bytes of common characters
    """

    name: str
    codec: str
    letters: str
    vowels: str = ""
    wrong: str = "(?!)"
    common: range = range(0xB0, 0xD8)


_RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "аеёиоуыэюяіїє", "(?i)(?<![а-яё])ь"
_ALPHABETS = (
    _Page("Cyrillic", "cp1251", *_RUSSIAN),
    _Page("Cyrillic (KOI8)", "koi8_r", *_RUSSIAN),
    _Page("Greek", "cp1253", "αοιετσνηυρπκμλςωδγχθίάέόφύήώβξζψϊϋ", "αεηιουωίάέόύήώϊϋ", "ς(?=[α-ω])"),
    _Page("Hebrew", "cp1255", "יוהלארתבשמםנדעחקפטכגןסצזךףץ", wrong="[םןךףץ](?=[א-ת])|(?<=[א-ת])[כמנצ](?![א-ת])"),
    _Page("Arabic", "cp1256", "اليمنورتبعدةفهسكأقحجشصطخىضذثئغزءإظؤآ", wrong="[ةى](?=[ا-ي])"),
    _Page("Thai", "cp874", "านรกอเงมยล่ว้ดทสิตะปีบัคหุแจพชู็ขใไ์โผซืถธณฟศภฮญำึษฉ๊๋ฬฎฐ", wrong="(?<![ก-ูๅ-์])[ะัา-ู็-๎]|[เ-ไ](?![ก-ฮ])"),
)
_SIGNS = re.compile("[\x00-\x7f\xa0«»“”„‘’‚–—…№·•°§©®™]")
_OTHERS = "іїєґўј"  # of Ukrainian, Belarusian and Serbian
_JAPANESE = f"{_KANA}|[\u3005\u4e00-\u9fff]"
_PAGES = (  # in the order of evidence: kana are in no other reading
    _Page("Japanese", "cp932", _JAPANESE),
    _Page("Japanese (EUC)", "euc_jp", _JAPANESE),
    _Page("Korean", "euc_kr", "[\uac00-\ud7a3]"),
    _Page("Chinese", "gb2312", "[\u4e00-\u9fff]"),
    _Page("Chinese (Big5)", "big5", "[\u4e00-\u9fff]", common=range(0xA4, 0xC7)),
)
_COMMON_KANJI = range(0x88, 0x99)  # first bytes of JIS level 1 in Shift-JIS
_CENTRAL_PAGE = _Page("Central European", "cp1250", "")
_BY_NAME = (_CENTRAL_PAGE, *_PAGES, *_ALPHABETS)
# If the first byte of a kanji is lost, its second byte looks like a letter.
_HALF_KANJI = re.compile("(?<![@-~])[@-~](?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])[@-~](?![@-~])")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")  # of a byte each, which songs don't have: their neighbour was dropped
_BLANK = "[\x20-\x7e\u3000-\u303f\u30fb\uff01-\uff5e\ufffd]"


def repairs(texts: Mapping[str, str], known: Container[str] = ()) -> Sequence[EncodingRepair]:
    """Return what the texts of a file were meant to be, the likeliest first; empty if none is garbled.

    known: names of artists in the library; an artist with such a name in another encoding is garbled
    """
    suspect = {name: text for name, text in texts.items() if re.search("|".join(_SUSPECT), text)}
    twice = {name: meant for name, text in suspect.items() if (meant := _decoded_again(text)) != text}
    if twice:
        # Without other proof, `MANHÃ` is a word.
        is_cut = any(_HALF_LETTER.search(text) for name, text in texts.items() if name not in twice)
        return [EncodingRepair("UTF-8", twice, suspect.keys() <= twice.keys() and not is_cut)]
    if any(known_name(texts[name], known) for name in KNOWN if name in texts):
        return _certain(texts, known)
    data = {name: written for name, text in suspect.items() if (written := _written(text)) is not None}
    if (japanese := _read_pairs(_PAGES[0], data, "replace")) is not None:
        whole = {name: text for name, text in japanese.items() if not re.search(f"\ufffd|{_HALF_KANJI.pattern}", text)}
        return [EncodingRepair(_PAGES[0].name, whole, len(whole) == len(japanese))]
    if _is_kanji(data):
        return [EncodingRepair(_PAGES[0].name, _decoded(_PAGES[0], data))]
    if _is_broken_utf8(b"\n".join(data.values())):
        return [EncodingRepair("UTF-8", {}, is_whole=False)]
    ranked = sorted((rank, page) for page in _ALPHABETS if (rank := _rank(page, data)) is not None)
    candidates = [EncodingRepair(page.name, _decoded(page, data)) for _, page in ranked]
    candidates += [
        EncodingRepair(page.name, read) for page in _PAGES[1:] if (read := _read_pairs(page, data)) is not None
    ]
    return candidates[:2] or _certain(texts, known)


def known_name(text: str, known: Container[str]) -> _Page | None:
    """The code page in which a text is a known name."""
    written = None if text.isascii() else _written(text)
    if written is None:
        return None
    read = ((page, written.decode(page.codec, "replace")) for page in _BY_NAME)
    return next((page for page, meant in read if meant != text and meant in known), None)


def _certain(texts: Mapping[str, str], known: Container[str]) -> list[EncodingRepair]:
    """What texts were meant to be if a name is known, or can't be in Latin-1; others only if they fit it."""
    data = {name: written for name, text in texts.items() if not text.isascii() and (written := _written(text))}
    page = _CENTRAL_PAGE
    proof = [name for name in KNOWN if name in data and known_name(texts[name], known)]
    if proof:
        page = known_name(texts[proof[0]], known) or page
    meant = _decoded(page, data, "replace")
    if not proof:
        proof = [name for name, text in meant.items() if is_central_european(texts[name], text)]
    if not proof:
        return []
    if page is _CENTRAL_PAGE:
        languages = languages_of(texts[proof[0]], meant[proof[0]])
        fitting = {name for name, text in meant.items() if languages & languages_of(texts[name], text)}
    else:
        fitting = {name for name, text in meant.items() if not _is_mixed(text)}
    meant = {name: text for name, text in meant.items() if text != texts[name] and name in {*proof, *fitting}}
    whole = {name: text for name, text in meant.items() if text.isprintable() and "\ufffd" not in text}
    return [EncodingRepair(page.name, whole, len(whole) == len(meant))]


def _is_mixed(text: str) -> bool:
    """Whether a word has letters of two scripts."""
    return any(not word.isascii() and re.search("[A-Za-z]", word) for word in _WORDS.findall(text))


def _is_kanji(data: Mapping[str, bytes]) -> bool:
    """Whether the bytes are common kanji in Shift-JIS, whose first bytes are mostly quotes and dashes in Latin-1."""
    try:
        text = " ".join(_decoded(_PAGES[0], data).values())
    except UnicodeDecodeError:
        return False
    kanji = re.findall("[\u4e00-\u9fff]", text)
    pairs = [letter.encode("cp932") for letter in kanji]
    common = sum(pair[0] in _COMMON_KANJI for pair in pairs)
    signs = sum(chr(pair[0]) not in "\x8a\x8c\x8e" for pair in pairs)
    return (
        len({*kanji}) >= _LEAST_DIFFERENT - 1
        and common >= _COMMON * len(kanji)
        and 4 * signs >= len(kanji)
        and any(pair[1] >= 0x80 for pair in pairs)
        and not re.sub(f"[\u3005\u4e00-\u9fff]|{_BLANK}", "", text)
        and not _is_mixed(text)
    )


def with_symbols(text: str) -> str:
    """The text with symbols for bytes that cleaning drops, if it may be in the wrong encoding."""
    if text.isascii() or len(text) > MOST_LETTERS or not _DROPPED.search(text):
        return text
    text = as_windows(text)
    if (match := _LAST_BLANK.search(text)) and _decoded_again(text) != text:
        before = text[: match.start() - 1]  # `MANHÃ` before a blank is a word, `VoilÃ` is none
        if before[-1:].islower() or _decoded_again(before) != before:
            text = _LAST_BLANK.sub(_BLANK_SYMBOL, text)
    return text.translate(_CONTROLS) if _LETTER.search(text) else text


def _written(text: str) -> bytes | None:
    """The bytes of a text; None if it has letters that bytes don't become."""
    try:
        return bytes(_WINDOWS[letter] if letter in _WINDOWS else ord(letter) for letter in text)
    except ValueError:
        return None


def _decoded_again(text: str) -> str:
    """The text if its bytes are UTF-8, else unchanged."""
    meant = text
    for _ in range(_TIMES):
        written = _written(meant)
        try:
            meant = meant if written is None else written.decode("utf-8")
        except UnicodeDecodeError:
            break
        if meant.replace("\xa0", " ").isprintable():
            text = meant
    return text


def _is_broken_utf8(written: bytes) -> bool:
    """Whether bytes are UTF-8 in which some letters lack a byte, but not most."""
    text = written.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    return 0 < lost <= sum(letter > "\x7f" and letter != "\ufffd" for letter in text)


def _rank(page: _Page, data: Mapping[str, bytes]) -> float | None:
    """How rare the letters of this reading are (0-1); None if it is no text of the alphabet."""
    known = page.letters + _OTHERS
    ranks: list[int] = []
    try:
        texts = _decoded(page, data).values()
    except UnicodeDecodeError:
        return None
    whole = "\n".join(texts)
    if re.search(page.wrong, whole):
        return None
    if any(not letter.isalpha() and letter not in known for letter in _SIGNS.sub("", whole)):
        return None
    for word in re.findall(f"[{page.letters}A-Za-z]+", whole) if not page.vowels else _WORDS.findall(whole):
        if word.isascii():
            continue
        lower = word.lower()
        # No writer mixes cases within a word.
        is_cased = not page.vowels or word.islower() or word.isupper() or word[1:].islower()
        has_vowel = not page.vowels or len(word) < _LEAST_VOWELLED or not set(page.vowels).isdisjoint(lower)
        if not is_cased or not has_vowel or not set(known).issuperset(lower):
            return None
        ranks += map(known.index, lower)
    if len({*ranks}) < _LEAST_DIFFERENT:
        return None
    rank = sum(ranks) / len(ranks) / len(page.letters)
    return rank if rank <= _MOST_RANK else None


def _decoded(page: _Page, data: Mapping[str, bytes], errors: str = "strict") -> dict[str, str]:
    return {name: written.decode(page.codec, errors) for name, written in data.items()}


def _read_pairs(page: _Page, data: Mapping[str, bytes], errors: str = "strict") -> dict[str, str] | None:
    """The texts in a code page of two bytes per letter; None if they are none of its script."""
    try:
        texts = _decoded(page, data, errors)
    except UnicodeDecodeError:
        return None
    if page.codec == "cp932":
        texts = {name: _HALF_WIDTH.sub("\ufffd", text) for name, text in texts.items()}
    whole = "".join(texts.values())
    letters = re.findall(page.letters, whole)
    if re.sub(f"{page.letters}|{_BLANK}", "", whole) or len({*letters}) < _LEAST_DIFFERENT - 1:
        return None
    if page.letters == _JAPANESE:
        is_it = len(re.findall(_KANA, whole)) > 1 and whole.count("\ufffd") < len(letters)
        texts = {name: _HALF_SIGN.sub("\ufffd", text) for name, text in texts.items()}
    else:
        common = sum(letter.encode(page.codec)[0] in page.common for letter in letters)
        is_it = not _is_mixed(whole) and common >= _COMMON * len(letters)
    return texts if is_it else None
