"""The grammar of sentences: rules take words one after the other, and the rest is reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from map4.errors import UsageError
from map4.extras.ask.sentence.parsed_request import MOST_MINUTES, MOST_TRACKS, ParsedRequest, Understood, Vocabulary
from map4.music.analysis.key import parse_key
from map4.music.query.parser import parse_query
from map4.music.track.genre import normalise_genre
from map4.music.track.labels import MOODS

MOST_LETTERS = 500
_MOST_GENRE_WORDS = 4
BPM_NEAR = 1.0
"""Tolerance of a whole tempo: tracks played at 175 were often made at 174."""
_AROUND_BPM = 2.0
_LONGEST_TRACK_MINUTES = 15.0  # unless "than" refers to tracks: "up to 30 minutes" is a list
_INF = float("inf")
# Relative to the named track's tempo: clearly different, but still mixable.
_SLOWER, _FASTER = (0.88, 0.98), (1.02, 1.12)

_LEAST_AND_MOST = {"bpm": (40, 250), "year": (1890, 2100), "energy": (1, 10), "rating": (0, 5)}
_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "ninety": 90, "a hundred": 100, "a dozen": 12, "two dozen": 24,
}  # fmt: skip
_DECADES = {"fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80, "nineties": 90}
_FILLERS = frozenset(re.findall(r"\w+",
    "a an the of for some me my i we us want need would please give make create build find show get play list search "
    "music track tracks song songs tunes stuff something everything and or but with that which is are be in at on to "
    "all every from it its should lasting long tempo bpm rated released anything"
))  # fmt: skip
_AFTER_NAMES = frozenset(
    re.findall(r"\w+", "but for with without at between ending starting over under from in and around")
)

_NOT = re.compile(r"\b(?:(?:any|every)thing\s+but|(?:(?:(?:any|every)thing|but)\s+)?(?:no|not|nothing|never|"
                  r"don['’]?t|without|excluding|except(?:\s+for)?|other\s+than|apart\s+from|instead\s+of))\s+"
                  r"(?:(?:an?|the|any|too|very|so)\s+)?$", re.IGNORECASE)  # fmt: skip
_AND_NOT = re.compile(r"\s+(?:or|nor|and)\s+$", re.IGNORECASE)
_RANGE_BEFORE = re.compile(r"\d\s*(?:-|–|to|and|or)\s*$", re.IGNORECASE)
_BOUND_BEFORE = re.compile(r"\b(?:(?:more|less|fewer) than|over|above|under|below|at least|at most|up to)\s*$", re.I)

# ---- parts of patterns ---------------------------------------------------------------------------

_N = rf"(?:\d{{1,5}}(?:[.,]\d{{1,2}})?|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_COUNTED = _N.replace("|an|", "|").replace("|a)", ")")
_BPM = r"\d{2,3}(?:[.,]\d{1,2})?"
_LOW, _HIGH = rf"(?P<low>{_BPM})(?:\s*bpm)?", rf"(?P<high>{_BPM})"
_THAN = r"(?:(?:no|not|never) )?(?:faster|quicker|slower) than"
_BOUND = rf"{_THAN}|(?:(?:no|not|never) )?(?:over|above|more than|under|below|less than)|at least|from|at most|up to"
_AROUND, _LESS = "around|about|roughly|circa", "under|below|less|slower|before|at most|until|up to|earlier|older"
_TO = r"\s*(?:-|–|\.\.|to|and|until)\s*"
_UNTIL = _TO.replace("and|", "")
_LONG = (
    rf"(?:(?P<half>half an hour)|(?P<hours>{_N})(?P<and_half>\s+and a half)?[\s-]*(?:hours?|hrs?|h)(?![a-z])"
    r"(?:\s*(?:and\s+)?(?P<rest>\d{1,2})\s*(?:minutes?|mins?|m|(?=[,;.]|$))|(?<=h)(?P<glued>[0-5]\d)\b|"
    rf"\s+and (?P<more>a half))?|(?P<minutes>{_N})[\s-]*(?:minutes?|mins?|m)\b)"
)
_YEAR = r"(?:1[89]|20)\d\d"
_DECADE = rf"(?:(?:1[89]|20)\d|['’]?\d)0s|{'|'.join(_DECADES)}"
_EDGE = r"before|after|since|until|up to"
_KEY = r"(?:0?[1-9]|1[0-2])[ab]\b|[a-g](?:\s?(?:#|♯|♭|sharp|flat)|b)?\s?(?:minor|major|min|maj|m)\b"
_NAME = (
    r"\s+(?:[\"“](?P<quoted>[^\"“”]{1,400})[\"”]|'(?P<single>[^']{1,100})'(?!\w)|"
    r"(?P<name>[^\s,;:!?\"\x00][^,;:!?\"\x00]{0,99}))"
)

# ---- what words mean -----------------------------------------------------------------------------

Meaning = tuple[Any, ...]
"""("term", query), ("range", field, low, high), ("option", name, value), ("seed", path, is in the list),
("start" or "end", term), ("pace", is slower), ("list",), or ("unsure",), which blocks other rules."""
Use = Callable[[re.Match[str], Vocabulary, str], Meaning | None]
"""The meaning of a match; None leaves its words. The text is the name in the match, if any."""


def _number(text: str) -> float:
    plain = " ".join(text.casefold().split())
    return float(_WORDS[plain]) if plain in _WORDS else float(plain.replace(",", "."))


def _range_of(field: str) -> Use:
    """A number, a range, or an open range."""

    def use(match: re.Match[str], known: Vocabulary, name: str) -> Meaning | None:
        groups = match.groupdict()
        low, high = sorted((_number(groups["low"]), _number(groups.get("high") or groups["low"])))
        least, most = _LEAST_AND_MOST[field]
        if not least <= low <= high <= most or (field == "year" and match[0].isdigit()):  # a bare number may be a name
            return None
        if groups.get("high"):
            return "range", field, low, high
        if field == "bpm" and low.is_integer() and not groups.get("bound"):
            return "range", field, low - BPM_NEAR, high + BPM_NEAR
        return "range", field, *_bounded(low, high, groups)

    return use


def _bounded(low: float, high: float, groups: Mapping[str, str | None]) -> tuple[float, float]:
    """The range, opened by the words before and after it."""
    before, behind = ((groups.get(name) or "").casefold() for name in ("bound", "beyond"))
    if re.fullmatch(_AROUND, before):
        return low - _AROUND_BPM, high + _AROUND_BPM
    if before in ("before", "after"):  # which exclude the years themselves
        low, high = high + 1, low - 1
    if not before and not behind:
        return low, high
    is_less = re.search(_LESS, before or behind) is not None
    return (-_INF, high) if is_less != before.startswith(("no", "never")) else (low, _INF)


def _decades(match: re.Match[str], known: Vocabulary, name: str) -> Meaning | None:
    low, high = (_decade(match[part] or match["low"]) for part in ("low", "high"))
    if match["bound"]:
        return "range", "year", *_bounded(low, high + 9, match.groupdict())
    return ("term", f"year:{low}..{high + 9}") if low <= high else None


def _decade(text: str) -> int:
    year = _DECADES.get(text.casefold()) or int(text[:-1].strip("'’"))
    return year + (0 if year > 99 else 2000 if year < 30 else 1900)


def _minutes(match: re.Match[str]) -> float:
    if match["half"] or match["minutes"]:
        return 30.0 if match["half"] else _number(match["minutes"])
    rest = 30.0 if match["and_half"] or match["more"] else float(match["rest"] or match["glued"] or 0)
    return 60.0 * _number(match["hours"]) + rest


def _track_length(match: re.Match[str], known: Vocabulary, name: str) -> Meaning | None:
    length = match["clock"]
    if length is None:
        minutes, length = _minutes(match), f"{_minutes(match):g}m"
        if not 0 < minutes <= (MOST_MINUTES if " than" in match[0].casefold() else _LONGEST_TRACK_MINUTES):
            return None
    return "term", f"duration:..{length}" if match["less"] else f"duration:{length}.."


def _amount(match: re.Match[str], known: Vocabulary, name: str) -> Meaning | None:
    """Number of tracks or minutes."""
    n = match.groupdict().get("n")
    value, most = (_minutes(match), MOST_MINUTES) if n is None else (_number(n), MOST_TRACKS)
    if not 1 <= value <= most or (n and not value.is_integer()):
        return None
    return "option", "n" if n else "minutes", int(value) if value.is_integer() else value


def _end(match: re.Match[str], known: Vocabulary, name: str) -> Meaning | None:
    which = "end" if match["end"] else "start"
    if match["low"] is None:
        return which, f"key:{parse_key(match['key']).camelot}"
    return (which, f"bpm:{_number(match['low']):g}") if _range_of("bpm")(match, known, name) else None


def _key(match: re.Match[str], known: Vocabulary, name: str) -> Meaning:
    return "term", f"key:{'~' if match['near'] else ''}{parse_key(match['key']).camelot}"


def _like(match: re.Match[str], known: Vocabulary, name: str) -> Meaning | None:
    path = known.path_of(name)
    return ("seed", path, match.groupdict().get("after") is None) if path else None


def _pace(match: re.Match[str], known: Vocabulary, name: str) -> Meaning:
    return "pace", match["pace"].casefold() == "slower"


def _preset(match: re.Match[str], known: Vocabulary, name: str) -> Meaning:
    word = re.search(r"dinner|workout|radio", match[0], re.IGNORECASE)
    assert word is not None
    return "option", "preset", word[0].casefold()


def _without_voice(match: re.Match[str], known: Vocabulary, name: str) -> Meaning:
    # The estimate is weak; voices are known after 'map4 scan --voice'.
    return "term", "is:instrumental" if known.finds("is:instrumental") else "instrumentalness:0.8.."


def _found(field: str) -> Use:
    """A value that exists in the library."""

    def use(match: re.Match[str], known: Vocabulary, name: str) -> Meaning | None:
        term = f"{field}:{_quoted(name.strip() or match[0].casefold())}"
        try:
            is_one = len(parse_query(term).groups) == 1
        except UsageError:
            return None
        return ("term", term) if is_one and known.finds(term) else None

    return use


_RULES: tuple[tuple[str, Use | Meaning], ...] = (
    (rf"(?:(?:that )?sounds? like|sounding like|similar to|like){_NAME}", _like),
    (rf"(?P<after>after|following|continuing from)(?!\s+{_YEAR}){_NAME}", _like),
    (rf"by{_NAME}", _found("artist")),
    ((r"(?:(?P<less>(?:shorter|less) than|under|below|at most|up to)|(?:longer|more) than|over|"
     rf"at least)\s+(?:(?P<clock>\d{{1,2}}:[0-5]\d)|{_LONG}(?!\s+of\b))"), _track_length),
    (_LONG, _amount),
    ((r"(?:(?P<end>end|finish|clos)|start|begin|open)(?:s|es|e|ing|ning)?\s+(?:at|on|with|in|from)\s+"
     rf"(?:(?P<low>{_BPM})(?:\s*bpm)?|(?P<key>{_KEY}))"), _end),
    (rf"(?:bpm|tempo)\s+(?:(?:of|from|between)\s+)?{_LOW}(?:{_TO}{_HIGH})?", _range_of("bpm")),
    (rf"(?:(?:between|from|at)\s+)?{_LOW}{_TO}{_HIGH}\s*bpm", _range_of("bpm")),
    (rf"between\s+{_LOW}\s+and\s+{_HIGH}(?!\s*(?:min|hour|track|song|star))", _range_of("bpm")),
    (rf"(?:(?:at|(?P<bound>{_BOUND}|{_AROUND}))\s+)?(?P<low>{_BPM})\s*bpm", _range_of("bpm")),
    (rf"(?:at|(?P<bound>{_THAN}|{_AROUND}))\s+{_LOW}", _range_of("bpm")),
    (rf"(?:(?:from|between)\s+)?(?P<low>{_YEAR}){_TO}(?P<high>{_YEAR})", _range_of("year")),
    ((rf"(?:(?:from|of|in)\s+)?(?:(?P<bound>{_EDGE})\s+)?(?:the\s+)?(?P<low>{_DECADE})"
     rf"(?:{_UNTIL}(?:the\s+)?(?P<high>{_DECADE}))?"), _decades),
    ((rf"(?:(?:released in|of|from|in|(?P<bound>{_EDGE}))\s+)?(?P<low>{_YEAR})"
     r"(?P<beyond>\s+or\s+(?:later|newer|after|earlier|older|before)|\s+onwards?|\+)?"), _range_of("year")),
    (r"(?:(?P<bound>at (?:least|most)|up to)\s+)?(?P<low>[0-5])(?P<beyond>\+)?\s+stars?(?!\s+or\b)",
     _range_of("rating")),
    (r"(?P<low>[0-5])\s+stars?\s+or\s+(?P<beyond>more|better)", _range_of("rating")),
    ((rf"(?:(?:at most|up to|no more than)\s+)?(?P<n>{_COUNTED})(?=\s+(?:(?!bpm|min|hour|star|(?:to|and|or)\s+{_N}\b)"
     r"[^\s,;\x00]+\s+){0,4}?(?:tracks?|songs?|tunes?|titles?|records?)(?!\w))"), _amount),
    ((rf"energy\s+(?:of\s+|level\s+)?(?:(?P<bound>{_BOUND})\s+)?"
     r"(?P<low>\d{1,2})(?:\s*(?:-|–|to)\s*(?P<high>\d{1,2}))?"), _range_of("energy")),
    (r"warm(?:ing)?[ -]?up", ("option", "curve", "warm_up")),
    (r"peak[ -]?(?:time|hour)|peak", ("option", "curve", "peak_time")),
    (r"closing(?: (?:set|hour))?", ("option", "curve", "closing")),
    (r"(?:in )?waves?", ("option", "curve", "wave")),
    (r"(?:rising|growing|building|increasing|ascending)(?: (?:up|energy))?|build[ -]up|energy rises",
     ("option", "curve", "ascending")),
    (r"(?:falling|sinking|decreasing|descending)(?: energy)?|(?:wind|cool)(?:ing)?[ -]down|energy falls",
     ("option", "curve", "descending")),
    (r"(?:steady|constant|even|level) energy", ("option", "curve", "plateau")),
    (r"dj[ -]set", ("option", "curve", "dj_set")),
    (r"(?:no|without(?: any)?) (?:vocals?|singing|voices?)|instrumentals?", _without_voice),
    (r"acoustic", ("term", "acousticness:0.6..")),
    (r"danceable", ("term", "danceability:0.7..")),
    (r"high[ -]energy|energetic", ("term", "energy:7..")),
    (r"low[ -]energy|chilled|mellow", ("term", "energy:..4")),
    (r"(?:(?:that|which) (?:is|are) )?(?:a (?:little |bit )?)?(?P<pace>slower|faster|quicker)(?!\s+than)", _pace),
    (r"(?:for |at )?(?:a |the )?(?:dinner|workout|radio)(?: party)?", _preset),
    (r"(?:medium|mid)[ -]energy", ("term", "energy:4..7")),
    (r"(?:in )?(?:a )?minor keys?", ("term", "key:minor")),
    (r"(?:in )?(?:a )?major keys?", ("term", "key:major")),
    (rf"(?:in\s+|from\s+)?(?:{_KEY})\s*(?:-|–|to)\s*(?:{_KEY})", ("unsure",)),
    ((r"(?P<near>(?:keys?\s+)?(?:compatible|mixing|(?:that )?mix(?:es)?|goes|go) (?:well )?with\s+)?"
     rf"(?:in\s+)?(?:the\s+)?(?:key\s+(?:of\s+)?)?(?P<key>{_KEY})"), _key),
    ("|".join(MOODS), _found("mood")),
    (r"calm(?:ing)?|chill(?:ed)?(?:[ -]?out)?|relax(?:ed|ing)|quiet|gentle|soft", ("term", "energy:..4")),
    (r"(?:for )?(?:a |the )?part(?:y|ies)|banging|pumping|lively|upbeat", ("term", "energy:7..")),
    ("set|playlist|mix|mixtape", ("list",)),
)  # fmt: skip
"""Patterns and their meanings, in order of precedence."""


def understand(text: str, known: Vocabulary) -> ParsedRequest:
    """Parse a sentence with the grammar."""
    if len(text) > MOST_LETTERS:
        raise UsageError(f"a sentence has at most {MOST_LETTERS} characters; this sentence has {len(text)}")
    return _RequestReader(text, known).parsed()


class _RequestReader:
    """A sentence while it is parsed. `left` (words that rules may still take) and `free` (words that no rule took) keep
    its length."""

    def __init__(self, text: str, known: Vocabulary) -> None:
        self.text = self.left = self.free = text
        self.known = known
        self.found: list[tuple[int, Understood]] = []
        self.terms: dict[str, list[str]] = {}  # of each list, one term must match
        self.ranges: dict[str, tuple[float, float]] = {}
        self.chosen: dict[str, Any] = {}  # options, first and last track
        self.words_of: dict[str, str] = {}
        self.refused_to: set[int] = set()  # where negated terms end
        for pattern, use in _COMPILED:
            for match in pattern.finditer(self.left):
                self._try(match, use)
        self._take_genres()

    def _try(self, match: re.Match[str], use: Use | Meaning) -> None:
        for name, end in _names(match):
            if "\x00" in self.left[match.start() : end]:
                continue
            meaning = use if isinstance(use, tuple) else use(match, self.known, name)
            if meaning is not None:
                self._take(match.start(), end, *meaning)
                return

    def _take(self, start: int, end: int, kind: str, *details: Any) -> None:
        """Take words with their meaning, unless a word before them makes it uncertain."""
        before, words = self.left[:start], self.text[start:end]
        refused, joined = _NOT.search(before), _AND_NOT.search(before)
        if kind == "term" and joined is not None and joined.start() in self.refused_to:
            refused = joined
        is_number = kind == "range" or details[:1] in (("n",), ("minutes",))
        is_exact = is_number and details[0] != "minutes"
        if (
            kind == "unsure"
            or (refused is not None and kind != "term")
            or (is_number and words[0].isdigit() and _RANGE_BEFORE.search(before))
            or (is_exact and _BOUND_BEFORE.search(before))
        ):
            self.left = _without(self.left, start, end)
            return
        match kind:
            case "term":
                if refused is not None:
                    start, details = refused.start(), tuple(f"^{term}" for term in details)
                    words = self.text[start:end]
                    self.refused_to.add(end)
                name = details[0].partition(":")[0]
                for term in details:  # negated terms and lengths must all match
                    self.terms.setdefault(term if name[0] == "^" or name == "duration" else name, []).append(term)
                meant = (" or " if refused is None else " ").join(details)
            case "range":
                meant = self._between(words, *details)
            case "seed":
                self.chosen["seeds"] = (*self.chosen.get("seeds", ()), details[0])
                if not details[1]:
                    self.chosen["with_seed"] = False
                meant = f"--seed {details[0]}" + " --no-seed" * (not details[1])
            case "option":
                self._choose(words, *details)
                meant = f"{'-n' if details[0] == 'n' else f'--{details[0]}'} {details[1]}"
            case "pace":
                if not (bpm := self._tempo_of_seed()):
                    self.left = _without(self.left, start, end)
                    return
                slow, fast = _SLOWER if details[0] else _FASTER
                meant = self._between(words, "bpm", round(slow * bpm), round(fast * bpm))
            case "list":
                self.chosen["list"], meant = True, "map4 playlist"
            case _:
                self._choose(words, kind, details[0])
                meant = f"{'last' if kind == 'end' else 'first'} track {details[0]}"
        self.found.append((start, Understood(words=" ".join(words.split()), meant=meant)))
        self.left, self.free = _without(self.left, start, end), _without(self.free, start, end)

    def _tempo_of_seed(self) -> float | None:
        seeds = self.chosen.get("seeds", ())
        return self.known.bpm_of(seeds[0]) if seeds else None

    def _between(self, words: str, field: str, low: float, high: float) -> str:
        before = self.ranges.get(field, (-_INF, _INF))
        low, high = max(low, before[0]), min(high, before[1])
        if low > high:
            raise _contradiction(self.words_of[field], words)
        self.ranges[field], self.words_of[field] = (low, high), words
        return _range(field, low, high)

    def _choose(self, words: str, name: str, value: Any) -> None:
        other = {"n": "minutes", "minutes": "n"}.get(name)
        if self.chosen.get(name, value) != value or other in self.chosen:
            raise _contradiction(self.words_of[str(other) if other in self.chosen else name], words)
        self.chosen[name], self.words_of[name] = value, words

    def _take_genres(self) -> None:
        """Take genres of the library, longest names first, also the last words of a name: house for deep house."""
        names: dict[str, list[str]] = {}
        ends = set()
        for name in dict.fromkeys(part.strip() for genre in self.known.genres for part in re.split("[;/,]", genre)):
            if name and '"' not in name and name.isprintable():
                written = names.setdefault(normalise_genre(name), [])
                if name.casefold() not in map(str.casefold, written):  # queries ignore case
                    written.append(name)
                parts = name.split()
                ends |= {normalise_genre(" ".join(parts[start:])) for start in range(1, len(parts))}
        words = [match.span() for match in re.finditer(r"[^\s,;.!?\"“”\x00]+", self.left)]
        for first in range(len(words)):
            for last in range(min(first + _MOST_GENRE_WORDS, len(words)) - 1, first - 1, -1):
                start, end = words[first][0], words[last][1]
                phrase = self.left[start:end]
                edges = {self.text[slice(*words[place])].casefold() for place in (first, last)}
                plain = normalise_genre(phrase)
                if plain and not edges & _FILLERS and not re.search(r"[\x00,;.!?\"“”]", phrase):
                    written = names.get(plain) or ([phrase] if plain in ends else [])
                    if written:
                        self._take(start, end, "term", *(f"genre:{_quoted(name)}" for name in written[:3]))
                        break

    def parsed(self) -> ParsedRequest:
        terms = [tuple(dict.fromkeys(any_of)) for any_of in self.terms.values()]
        terms += [(_range(name, *ends),) for name, ends in self.ranges.items()]
        terms.sort(key=lambda any_of: any_of[0].startswith(("^", "duration:")))  # evaluated last
        self.found.sort(key=lambda reading: reading[0])
        return ParsedRequest(
            text=self.text,
            understood=tuple(reading for _, reading in self.found),
            not_understood=tuple(self._left_words()),
            terms=tuple(terms),
            options={name: value for name, value in self.chosen.items() if name not in ("start", "end", "list")},
            ends={name: self.chosen[name] for name in ("start", "end") if name in self.chosen},
            is_list="list" in self.chosen,
        )

    def _left_words(self) -> Iterator[str]:
        for either in re.finditer(r"(?<!\w)or(?!\w)", self.free, re.IGNORECASE):
            fields = [reading.meant.partition(":")[0] for start, reading in self.found if start < either.start()][-1:]
            fields += [reading.meant.partition(":")[0] for start, reading in self.found if start > either.start()][:1]
            if len(set(fields)) == 2:  # a query has no "or" between different fields
                yield either[0]
        run: list[str] = []
        for word in re.findall(r"[^\s\x00]+|\x00+", f"{self.free}\x00"):
            bare = word.lstrip('"').rstrip(',;:.!?"\x00')
            if bare and bare.casefold() not in _FILLERS:
                run.append(bare)
            if run and (bare != word or bare.casefold() in _FILLERS):
                yield " ".join(run)
                run = []


def _names(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """The name in a match and its end: quoted text; else up to a comma, then ever shorter beginnings."""
    groups = match.groupdict()
    if groups.get("name") is None:
        yield groups.get("quoted") or groups.get("single") or "", match.end()
        return
    words = groups["name"].split(" ")
    for size in range(len(words), 0, -1):
        # A single word is a name only before certain words: "like velvet for an hour", but not "like the sea".
        if size > 1 or len(words) == 1 or words[1].casefold() in _AFTER_NAMES:
            name = " ".join(words[:size])
            yield name, match.start("name") + len(name)


def _without(text: str, start: int, end: int) -> str:
    return f"{text[:start]}{chr(0) * (end - start)}{text[end:]}"


def _contradiction(first: str, second: str) -> UsageError:
    return UsageError(f"'{first.strip()}' and '{second.strip()}' contradict each other; remove one")


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"\w+", value) else f'"{value}"'


def _range(name: str, low: float, high: float) -> str:
    ends = ["" if abs(end) == _INF else f"{end:g}" for end in (low, high)]
    return f"{name}:{ends[0]}" if ends[0] == ends[1] else f"{name}:{ends[0]}..{ends[1]}"


_COMPILED = [(re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE), use) for pattern, use in _RULES]
