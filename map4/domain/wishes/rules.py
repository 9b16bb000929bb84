"""The words that the grammar knows, and what each means."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

from map4.domain.key import parse_key
from map4.domain.labels import MOODS
from map4.domain.query.parser import parse_query
from map4.domain.wishes.reading import Reading, contradiction, quoted
from map4.domain.wishes.wishes import MOST_MINUTES, MOST_TRACKS, Known, Wishes
from map4.errors import KeyParseError, UsageError

MOST_LETTERS = 500
_LEAST_BPM, _MOST_BPM = 40.0, 250.0
_AROUND_BPM = 2.0
_LONGEST_TRACK_MINUTES = 30.0

_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "ninety": 90, "a hundred": 100, "a dozen": 12, "two dozen": 24,
}  # fmt: skip
_DECADES = {"fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80, "nineties": 90}
_N = rf"(?:\d{{1,5}}(?:[.,]\d{{1,2}})?|{'|'.join(sorted(map(re.escape, _WORDS), key=len, reverse=True))})"
_BPM = r"\d{2,3}(?:[.,]\d{1,2})?"
_MORE = r"(?:over|above|more than|at least|faster than|quicker than|from)"
_LESS = r"(?:under|below|less than|at most|up to|slower than|no faster than)"
_TO = r"\s*(?:-|–|\.\.|to|and)\s*"
_LONG = (
    rf"(?:(?P<half>half an hour)|(?P<hours>{_N})(?P<and_half>\s+and a half)?[\s-]*(?:hours?|hrs?|h)(?![a-z])"
    r"(?:\s*(?:and\s+)?(?P<rest>\d{1,2})\s*(?:minutes?|mins?|m)\b|(?<=h)(?P<glued>[0-5]\d)\b|\s+and (?P<more>a half))?"
    rf"|(?P<minutes>{_N})[\s-]*(?:minutes?|mins?|m)\b)"
)
_YEAR = r"(?:1[89]|20)\d\d"
_KEY = r"(?:0?[1-9]|1[0-2])[ab]\b|[a-g](?:\s?(?:#|♯|♭|sharp|flat)|b)?\s?(?:minor|major|min|maj|m)\b"
_COUNTED = _N.replace("|an|", "|").replace("|a)", ")")
_NAME = (
    r"\s+(?:[\"“](?P<quoted>[^\"“”]{1,100})[\"”]|'(?P<single>[^']{1,100})'(?!\w)|"
    r"(?P<name>[^\s,;:!?\"\x00][^,;:!?\"\x00]{0,99}))"
)
_AFTER_NAMES = frozenset(
    re.findall(r"\w+", "but for with without at between ending starting over under from in and around")
)

_TERMS: tuple[tuple[str, str], ...] = (
    (r"(?:no|without(?: any)?) (?:vocals?|singing|voices?)|instrumentals?", "instrumentalness:0.8.."),
    (r"acoustic", "acousticness:0.6.."),
    (r"danceable", "danceability:0.7.."),
    (r"high[ -]energy|energetic", "energy:7.."),
    (r"low[ -]energy|chilled|mellow", "energy:..4"),
    (r"(?:medium|mid)[ -]energy", "energy:4..7"),
    (r"(?:in )?(?:a )?minor keys?", "key:minor"),
    (r"(?:in )?(?:a )?major keys?", "key:major"),
)
"""Words that stand for a term of a query."""

_CURVES: tuple[tuple[str, str], ...] = (
    (r"warm(?:ing)?[ -]?up", "warm_up"),
    (r"peak[ -]?(?:time|hour)|peak", "peak_time"),
    (r"closing(?: (?:set|hour))?", "closing"),
    (r"(?:in )?waves?", "wave"),
    (r"(?:rising|growing|building|increasing|ascending)(?: (?:up|energy))?|build[ -]up|energy rises", "ascending"),
    (r"(?:falling|sinking|decreasing|descending)(?: energy)?|(?:wind|cool)(?:ing)?[ -]down|energy falls", "descending"),
    (r"(?:steady|constant|even|level) energy", "plateau"),
    (r"dj[ -]set", "dj_set"),
)

Use = Callable[[Reading, re.Match[str]], str | None]
"""Takes words as a wish and says as what; None leaves them."""


def understand(text: str, known: Known) -> Wishes:
    """What the grammar knows of a sentence.

    Raises
    ------
    UsageError
        If it is too long, or asks for what can't both be; an AmbiguousNameError if a track may be several.
    """
    if len(text) > MOST_LETTERS:
        raise UsageError(f"a sentence has at most {MOST_LETTERS} letters, this one {len(text)}")
    reading = Reading(text, known)
    for pattern, use in _RULES:
        reading.take(pattern, use)
    reading.take_genres()
    return reading.wishes()


def _number(text: str | None) -> float:
    plain = " ".join((text or "").casefold().split())
    return float(_WORDS[plain]) if plain in _WORDS else float(plain.replace(",", "."))


def _minutes(match: re.Match[str]) -> float:
    if match["half"]:
        return 30.0
    if match["minutes"]:
        return _number(match["minutes"])
    more = 30.0 if match["and_half"] or match["more"] else float(match["rest"] or match["glued"] or 0)
    return 60.0 * _number(match["hours"]) + more


# ---- what each rule makes of its words -----------------------------------------------------------


def _track(option: str) -> Use:
    def use(reading: Reading, match: re.Match[str]) -> str | None:
        path = _path_named(reading, match)
        if path is None:
            return None
        if option == "after":
            reading.options["with_seed"] = False
        reading.options["seeds"] = (*reading.options.get("seeds", ()), path)
        return f"--seed {path}" + " --no-seed" * (option == "after")

    return use


def _path_named(reading: Reading, match: re.Match[str]) -> str | None:
    for name in _names(reading, match):
        path = None if set(name) & set("/\\") else reading.known.path_of(name)
        if path is not None:
            return path
    return None


def _names(reading: Reading, match: re.Match[str]) -> Iterable[str]:
    """The name in quotes; else what stands up to a comma, and ever shorter beginnings of it."""
    if match["name"] is None:
        yield match["quoted"] or match["single"]
        return
    words = match["name"].split(" ")
    for size in range(len(words), 0, -1):
        # One word is a name where it stands alone: "like velvet for an hour", but not "like the sea".
        if size > 1 or len(words) == 1 or words[1].casefold() in _AFTER_NAMES:
            reading.said["name"] = " ".join(words[:size])
            yield reading.said["name"]
    del reading.said["name"]


def _artist(reading: Reading, match: re.Match[str]) -> str | None:
    for name in _names(reading, match):
        term = f"artist:{quoted(name.strip())}"
        if _can_be_read(term) and reading.known.finds(term):
            return reading.term(match, term)
    return None


def _can_be_read(term: str) -> bool:
    try:
        return len(parse_query(term).groups) == 1
    except UsageError:
        return False


def _track_length(reading: Reading, match: re.Match[str]) -> str | None:
    minutes = _minutes(match)
    if not 0 < minutes <= _LONGEST_TRACK_MINUTES:
        return None
    term = f"duration:..{minutes:g}m" if match["less"] else f"duration:{minutes:g}m.."
    reading.all_of.append(term)
    return term


def _length(reading: Reading, match: re.Match[str]) -> str | None:
    minutes = _minutes(match)
    if not 1 <= minutes <= MOST_MINUTES:
        return None
    if "n" in reading.options:
        raise contradiction(reading.said["n"], match[0])
    return reading.option("minutes", int(minutes) if minutes.is_integer() else minutes, match[0])


def _count(reading: Reading, match: re.Match[str]) -> str | None:
    n = _number(match["n"])
    if not (1 <= n <= MOST_TRACKS and n.is_integer()):
        return None
    if "minutes" in reading.options:
        raise contradiction(reading.said["minutes"], match[0])
    return reading.option("n", int(n), match[0]).replace("--n", "-n")


def _end(reading: Reading, match: re.Match[str]) -> str | None:
    which = "end" if match["end"] else "start"
    key = None if match["bpm"] else _read_key(match["key"])
    if (key is None) if match["bpm"] is None else not _LEAST_BPM <= _number(match["bpm"]) <= _MOST_BPM:
        return None
    term = f"bpm:{_number(match['bpm']):g}" if key is None else f"key:{key}"
    if reading.ends.get(which, term) != term:
        raise contradiction(reading.said[which], match[0])
    reading.ends[which], reading.said[which] = term, match[0]
    return f"{'last' if match['end'] else 'first'} track {term}"


def _read_key(text: str) -> str | None:
    plain = re.sub(r"(?i)\s?sharp", "#", re.sub(r"(?i)\s?flat", "b", text.strip()))
    try:
        return parse_key(plain[0].upper() + plain[1:]).camelot
    except KeyParseError:
        return None


def _number_of(name: str, least: float, most: float) -> Use:
    """A number, a range, or an open one, of a field."""

    def use(reading: Reading, match: re.Match[str]) -> str | None:
        said = match.groupdict()
        low, high = sorted((_number(said["low"]), _number(said.get("high") or said["low"])))
        if not least <= low <= high <= most:
            return None
        if said.get("around"):
            low, high = low - _AROUND_BPM, high + _AROUND_BPM
        low = -math.inf if said.get("less") else low
        return reading.between(name, low, math.inf if said.get("more") else high, match[0])

    return use


def _years(reading: Reading, match: re.Match[str]) -> str | None:
    said = match.groupdict()
    if said.get("decade"):
        word = match["decade"].casefold()
        low = _DECADES.get(word) or int(word.removesuffix("s").strip("'’"))
        low += 0 if low > 99 else 2000 if low < 30 else 1900
        return reading.term(match, f"year:{low}..{low + 9}") if low % 10 == 0 else None
    year = int(match["edge"])
    if said.get("before"):
        return reading.between("year", -math.inf, year - (match["before"].casefold() == "before"), match[0])
    return reading.between("year", year + (match["after"].casefold() == "after"), math.inf, match[0])


def _key(reading: Reading, match: re.Match[str]) -> str | None:
    key = _read_key(match["key"])
    return None if key is None else reading.term(match, f"key:{'~' if match['near'] else ''}{key}")


def _means(term: str) -> Use:
    return lambda reading, match: reading.term(match, term)


def _sets(option: str, value: str) -> Use:
    return lambda reading, match: reading.option(option, value, match[0])


def _mood(reading: Reading, match: re.Match[str]) -> str | None:
    term = f"mood:{match[0].casefold()}"
    return reading.term(match, term) if reading.known.finds(term) else None


def _list(reading: Reading, match: re.Match[str]) -> str | None:
    reading.is_list = True
    return "map4 playlist"


def _rule(pattern: str, use: Use) -> tuple[re.Pattern[str], Use]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE), use


_tempo, _year = _number_of("bpm", _LEAST_BPM, _MOST_BPM), _number_of("year", 1890, 2100)
_energy, _stars = _number_of("energy", 1, 10), _number_of("rating", 0, 5)
_LOW, _HIGH = rf"(?P<low>{_BPM})(?:\s*bpm)?", rf"(?P<high>{_BPM})"

_RULES = [
    _rule(rf"(?:(?:that )?sounds? like|sounding like|similar to|like){_NAME}", _track("like")),
    _rule(rf"(?:after|following|continuing from)(?!\s+{_YEAR}){_NAME}", _track("after")),
    _rule(rf"by{_NAME}", _artist),
    _rule(r"(?:(?P<less>(?:shorter|less) than|under|below|at most|up to)|(?:longer|more) than|over|at least)\s+"
          rf"{_LONG}", _track_length),
    _rule(_LONG, _length),
    _rule(rf"(?:(?P<end>end|finish|clos)|start|begin|open)(?:s|es|e|ing|ning)?\s+(?:at|on|with|in|from)\s+"
          rf"(?:(?P<bpm>{_BPM})(?:\s*bpm)?|(?P<key>{_KEY}))", _end),
    _rule(rf"(?:bpm|tempo)\s+(?:of\s+)?{_LOW}(?:{_TO}{_HIGH})?", _tempo),
    _rule(rf"(?:(?:between|from|at)\s+)?{_LOW}{_TO}{_HIGH}\s*bpm", _tempo),
    _rule(rf"between\s+{_LOW}\s+and\s+{_HIGH}(?!\s*(?:min|hour|track|song|star))", _tempo),
    _rule(rf"(?P<more>{_MORE})\s+(?P<low>{_BPM})\s*bpm", _tempo),
    _rule(rf"(?P<less>{_LESS})\s+(?P<low>{_BPM})\s*bpm", _tempo),
    _rule(rf"(?P<more>(?:faster|quicker) than)\s+{_LOW}", _tempo),
    _rule(rf"(?P<less>slower than)\s+{_LOW}", _tempo),
    _rule(rf"(?P<around>around|about|roughly|circa)\s+{_LOW}", _tempo),
    _rule(rf"(?:at\s+)?(?P<low>{_BPM})\s*bpm", _tempo),
    _rule(rf"at\s+(?P<low>{_BPM})", _tempo),
    _rule(rf"(?:(?:from|between)\s+)?(?P<low>{_YEAR})\s*(?:-|–|to|and|until)\s*(?P<high>{_YEAR})", _year),
    _rule(r"(?:(?:from|of|in)\s+)?(?:the\s+)?(?P<decade>(?:(?:1[89]|20)\d|['’]?\d)0s|"
          rf"{'|'.join(_DECADES)})", _years),
    _rule(rf"(?:(?P<before>before|until|up to)|(?P<after>after|since))\s+(?P<edge>{_YEAR})", _years),
    _rule(rf"(?:released in|of|from|in)\s+(?P<low>{_YEAR})", _year),
    _rule(r"(?P<more>at least\s+)(?P<low>[0-5])\s+stars?", _stars),
    _rule(r"(?P<low>[0-5])(?P<more>\+)?\s+stars?(?!\s+or\b)", _stars),
    _rule(r"(?P<low>[0-5])\s+stars?(?P<more>\s+or more)", _stars),
    _rule(rf"(?P<n>{_COUNTED})(?=\s+(?:(?!bpm|min|hour|star|to\b|and\b|or\b)[^\s,;\x00]+\s+){{0,3}}?"
          r"(?:tracks?|songs?|tunes?|titles?|records?)(?!\w))", _count),
    _rule(r"energy\s+(?:of\s+|level\s+)?"
          r"(?:(?P<more>over|above|from|at least)\s+|(?P<less>under|below|up to|at most)\s+)?"
          r"(?P<low>\d{1,2})(?:\s*(?:-|–|to)\s*(?P<high>\d{1,2}))?", _energy),
    *(_rule(pattern, _sets("curve", curve)) for pattern, curve in _CURVES),
    *(_rule(pattern, _means(term)) for pattern, term in _TERMS),
    _rule(r"(?P<near>(?:keys?\s+)?(?:compatible|mixing|that mix(?:es)?|goes|go) (?:well )?with\s+)?"
          rf"(?:in\s+)?(?:the\s+)?(?:key\s+(?:of\s+)?)?(?P<key>{_KEY})", _key),
    _rule("|".join(MOODS), _mood),
    _rule("set|playlist|mix|mixtape", _list),
]  # fmt: skip
