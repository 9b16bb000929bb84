"""Smart playlists of Navidrome (`.nsp`): JSON rules with its fields and operators, which Navidrome evaluates."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, BinaryIO, Literal

from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.music.lists.live import LiveList
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.query.fields import FIELDS
from map4.core.music.query.parser import Query
from map4.core.music.query.shuffle import RANDOM
from map4.core.music.query.terms import Between, Condition, During, Is, IsKnown, OneOf, Words
from map4.errors import UsageError
from map4.formats import live_rules
from map4.formats.format import Format, WriteNotes
from map4.formats.importer import DjItem, DjPlaylist, Importer, ImportReadError, ReadNotes
from map4.formats.lacks import Lack
from map4.formats.values import suffix_of

_MOST_BYTES = 1_000_000
_MATCHES: tuple[Literal["all", "any"], ...] = ("all", "any")
_MOST_NESTED = 8
_MOST = 1_000_000_000  # above all counts: a range needs two ends there
_TEXTS = {
    "artist": "artist", "title": "title", "album": "album", "genre": "genre", "comment": "comment",
    "composer": "composer", "remixer": "remixer", "grouping": "grouping", "catalog": "catalognumber", "isrc": "isrc",
    "label": "recordlabel", "album-artist": "albumartist", "path": "filepath", "lyrics": "lyrics",
}  # fmt: skip
_NUMBERS = {
    "bpm": "bpm", "year": "year", "original-year": "originalyear", "track": "tracknumber", "disc": "discnumber",
    "rating": "rating", "plays": "playcount", "duration": "duration", "bitrate": "bitrate", "bits": "bitdepth",
    "samplerate": "samplerate", "channels": "channels",
}  # fmt: skip
_DATES = {"added": "dateadded", "modified": "datemodified", "played": "lastplayed"}
_NAMES = {name: field for field, name in {**_TEXTS, **_NUMBERS, **_DATES}.items()}
_FROM_NOTHING = ("plays",)  # numbers that can be 0; known values of the others begin at 1, and 0 is unknown there
_EVERYWHERE = ("artist", "title", "album", "genre", "path")
_MAY_BE_MISSING = ("genre", "composer", "remixer", "grouping", "isrc", "label", "bpm", "bits", "album", "comment",
                   "catalog", "album-artist")  # fmt: skip
_OPERATORS = {
    name.lower(): name
    for name in (
        "is", "isNot", "gt", "lt", "contains", "notContains", "before", "after", "inTheRange", "inTheLast",
        "notInTheLast", "isMissing", "isPresent",
    )
}  # fmt: skip
"""Spelling for writing; reading ignores case."""
_TEXT_SIGNS = {"is": "is", "isNot": "is", "contains": "has", "notContains": "has"}
_NUMBER_SIGNS = {"is": "is", "isNot": "is", "gt": "above", "lt": "below"}
_DAY_SIGNS = {"is": "is", "isNot": "is", "before": "below", "after": "from", "inTheRange": "between",
              "inTheLast": "last", "notInTheLast": "last"}  # fmt: skip
_SUFFIX_IS_CODEC = ("mp3", "flac")
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)

# ---- written ---------------------------------------------------------------------------------------


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    live, query = _query_of(content.header.live, content.name)
    try:
        groups = [[_rule(term.condition, term.negated) for term in group] for group in query.groups]
        sort = ",".join(f"{'-' * sort_field.descending}{_sorted(sort_field.field)}" for sort_field in query.sort)
    except live_rules.UnsupportedRuleError as error:
        raise _unsupported_error(str(error), content.name) from None
    rules: dict[str, Any] = {"all": groups[0] if groups else [{"gt": {"playcount": -1}}]}
    if len(groups) > 1:
        rules = {"any": [group[0] if len(group) == 1 else {"all": group} for group in groups]}
    full = {"name": content.name, "comment": content.description, **rules, "sort": sort or "filepath", "limit": live.n}
    written = {name: value for name, value in full.items() if value is not None}
    out.write(json.dumps(written, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n")
    remarks = ["Navidrome also matches words inside of others"] if '"contains"' in json.dumps(rules) else []
    if any(order.field == RANDOM for order in query.sort):
        remarks.append("Navidrome makes a new random order whenever it updates the list")
    if any(_is_of_unplayed(term.condition) for group in query.groups for term in group):
        remarks.append("Navidrome counts tracks without a known number of plays as never played")
    return WriteNotes(tracks=len(content.tracks), remarks=remarks)


def _query_of(live: LiveList | None, name: str | None) -> tuple[LiveList, Query]:
    """Return the query of a list to be written."""
    if live is None:
        named = display_path(name or "it")
        raise UsageError(
            f"Navidrome stores queries of live lists, and '{named}' has none; write it as a list, such as .m3u8"
        )
    for value, what in (
        (live.per_artist, "a limit per artist"),
        (live.per_album, "a limit per album"),
        (live.minutes, "a length in minutes"),
        (live.curve, "an energy curve"),
        (live.tempo_curve, "a tempo curve"),
        (live.seeds or None, "the sound of a seed"),
    ):
        if value is not None:
            raise _unsupported_error(what, name)
    return live, live.parsed()


def _unsupported_error(what: str, name: str | None) -> UsageError:
    """Return the error that Navidrome can't express the query of a list."""
    named = display_path(name or "it")
    return UsageError(f"Navidrome has no equivalent of {what} in '{named}'; write its tracks as a list, such as .m3u8")


def _is_of_unplayed(condition: Condition) -> bool:
    match condition:
        case Between(field="plays"):
            # Navidrome counts unknown numbers as 0, unlike queries.
            return any((low is None or low <= 0) and (high is None or high >= 0) for low, high in condition.ranges)
        case During(field="played", low=low):
            return low is None
    return condition == IsKnown(field="plays")


def _rule(condition: Condition, negated: bool) -> dict[str, Any]:
    match condition:
        case Words(field=field, text=text, how=how):
            return _words(condition, field, text, how, negated)
        case Between(field=field) if field in _NUMBERS:
            return _numbers(condition, negated)
        case During(field=field, low=low, high=high) if field in _DATES:
            return _days(condition, _DATES[field], low, high, negated)
        case IsKnown(field=field) if field in _MAY_BE_MISSING:
            return {"isMissing" if negated else "isPresent": {{**_TEXTS, **_NUMBERS}[field]: True}}
        case IsKnown(field=field) if field in _NUMBERS:
            return {"is" if negated else "gt": {_NUMBERS[field]: 0}}
        case OneOf(field="codec", values=values) if set(values) <= {*_SUFFIX_IS_CODEC}:
            rules = [{"isNot" if negated else "is": {"filetype": value}} for value in values]
            return rules[0] if len(rules) == 1 else {"all" if negated else "any": rules}
        case Is(word="starred"):
            return {"is": {"loved": not negated}}
        case Is(word="ok") if not negated:
            return {"gt": {"playcount": -1}}
    raise live_rules.UnsupportedRuleError(_condition_text(condition, negated))


def _words(condition: Condition, field: str | None, text: str, how: str, negated: bool) -> dict[str, Any]:
    if field is not None and field not in _TEXTS:
        raise live_rules.UnsupportedRuleError(_condition_text(condition, negated))
    if how == "whole":
        if field == "lyrics":
            raise live_rules.UnsupportedRuleError(_condition_text(condition, negated))
        assert field is not None
        return {"isNot" if negated else "is": {_TEXTS[field]: text}}
    words = (
        [text]
        if how == "phrase" or field in ("comment", "composer", "remixer", "grouping", "album-artist", "lyrics")
        else text.split()
    )
    operator = "notContains" if negated else "contains"

    def each(word: str) -> dict[str, Any]:
        rules = [{operator: {_TEXTS[field_name]: word}} for field_name in ([field] if field else _EVERYWHERE)]
        return rules[0] if len(rules) == 1 else {"all" if negated else "any": rules}

    return each(words[0]) if len(words) == 1 else {"any" if negated else "all": [each(word) for word in words]}


def _numbers(condition: Between, negated: bool) -> dict[str, Any]:
    name, rules = _NUMBERS[condition.field], list[dict[str, Any]]()
    least = 0 if condition.field in _FROM_NOTHING else 1
    for ends in condition.ranges:
        shown = _shown_ends(condition, *ends)
        low, high = (int(end) if end is not None and end == int(end) else end for end in shown)
        if negated:
            bounds = [{side: {name: end}} for side, end in (("lt", low), ("gt", high)) if end is not None]
            if condition.field in _MAY_BE_MISSING:
                bounds.append({"isMissing": {name: True}})
            elif least:
                bounds.append({"is": {name: 0}})
            rules.append(bounds[0] if len(bounds) == 1 else {"any": bounds})
        elif low is not None and low == high:
            rules.append({"is": {name: low}})
        else:
            rules.append(
                {"inTheRange": {name: [least if low is None else max(least, low), _MOST if high is None else high]}}
            )
    return rules[0] if len(rules) == 1 else {"all" if negated else "any": rules}


def _days(condition: During, name: str, low: Any, high: Any, negated: bool) -> dict[str, Any]:
    rules: list[dict[str, Any]] = []
    for end, last, day in ((low, "inTheLast", "after"), (high, "notInTheLast", "before")):
        if isinstance(end, timedelta):
            if end % timedelta(days=1):
                raise live_rules.UnsupportedRuleError(_condition_text(condition, negated))
            rules.append({last: {name: end.days}})
        elif isinstance(end, date):
            rules.append({day: {name: end.isoformat()}})
    if negated:
        if len(rules) > 1:
            raise live_rules.UnsupportedRuleError(_condition_text(condition, negated))
        turned = {"inTheLast": "notInTheLast", "notInTheLast": "inTheLast", "after": "before", "before": "after"}
        [(operator, value)] = rules[0].items()
        rules = [{turned[operator]: value}]
    rule = rules[0] if len(rules) == 1 else {"all": rules}
    # "before" leaves out what was never played, "notInTheLast" does not.
    is_or_never = condition.field == "played" and "before" in rule
    return {"any": [rule, {"is": {"playcount": 0}}]} if is_or_never else rule


def _shown_ends(condition: Between, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Return the ends of a range as written: conditions extend half a step further, so that shown values match."""
    field = FIELDS[condition.field]
    half = (1.0 if field.kind == "duration" else field.step) / 2
    return None if low is None else round(low + half, 6), None if high is None else round(high - half, 6)


def _condition_text(condition: Condition, negated: bool) -> str:
    """Format a condition for a person."""
    named = (getattr(condition, name, None) for name in ("field", "word", "unit"))
    field = next(filter(None, named), type(condition).__name__.lower())
    value = getattr(condition, "text", None) or getattr(condition, "path", None)
    return f"{'not ' * negated}{field}{f' {value!r}' if value else ''}"


def _sorted(field: str) -> str:
    name = {**_TEXTS, **_NUMBERS, **_DATES, RANDOM: RANDOM}.get(field)
    if name is None:
        raise live_rules.UnsupportedRuleError(f"the order by {field}")
    return name


# ---- read ------------------------------------------------------------------------------------------


def live_of(rules: Mapping[str, Any]) -> LiveList:
    """Convert a smart playlist to a live list."""
    rules = {str(name).lower(): value for name, value in rules.items()}
    if rules.get("limitpercent"):
        raise live_rules.UnsupportedRuleError(f"limitPercent {rules['limitpercent']}")
    limit = rules.get("limit") or None
    if limit is not None and (not isinstance(limit, int) or limit < 0):
        raise live_rules.UnsupportedRuleError(f"limit {limit}")
    order = -1 if str(rules.get("order", "asc")).lower() == "desc" else 1
    sort = []
    for part in str(rules.get("sort") or "").split(","):
        name = part.strip().lstrip("+-").lower()
        if not name or (name == "filepath" and "," not in str(rules["sort"]) and order == 1):
            continue  # they come by path anyway
        if name not in _NAMES and name != RANDOM:
            raise live_rules.UnsupportedRuleError(f"sort by {name}")
        descending = part.strip().startswith("-") != (order < 0)
        sort.append(RANDOM if name == RANDOM else f"{_NAMES[name]}{'-' * descending}")
    return live_rules.live_list(_group(rules), sort=sort, n=limit)


def _group(rules: Mapping[str, Any], depth: int = 0) -> live_rules.Groups:
    group = {str(name).lower(): value for name, value in rules.items()}
    groups = []
    for match in (name for name in _MATCHES if name in group):
        inner = group[match]
        if not isinstance(inner, Sequence) or isinstance(inner, str) or depth > _MOST_NESTED:
            raise live_rules.UnsupportedRuleError(f"no rules under {match}")
        groups.append(
            live_rules.joined([_group(rule, depth + 1) if _is_group(rule) else _parse(rule) for rule in inner], match)
        )
    if not groups:
        raise live_rules.UnsupportedRuleError("no rules under all or any")
    for other in group.keys() - {*_MATCHES}:
        if isinstance(group[other], list | dict):
            raise live_rules.UnsupportedRuleError(f"rules under {other}")
    return live_rules.joined(groups, "all")  # both, if there are both


def _is_group(rule: object) -> bool:
    return isinstance(rule, Mapping) and bool({*_MATCHES} & {str(name).lower() for name in rule})


def _parse(rule: Mapping[str, Any]) -> live_rules.Groups:
    try:
        [(operator, operand)] = rule.items()
        [(name, value)] = operand.items()
        return _term(_OPERATORS.get(operator.lower(), operator), name.lower(), value)
    except (AttributeError, ValueError, TypeError):
        raise live_rules.UnsupportedRuleError(json.dumps(rule)[:200]) from None


def _term(operator: str, name: str, value: Any) -> live_rules.Groups:
    field, negated = _NAMES.get(name), operator.lower().startswith("not") or operator == "isNot"
    if name == "loved" and operator in ("is", "isNot") and str(value).lower() in ("true", "false"):
        is_starred = (str(value).lower() == "true") is not negated
        return [["is:starred" if is_starred else "^is:starred"]]
    if (name, operator, value) == ("playcount", "gt", -1):
        return [[]]  # every track
    if name == "filetype" and operator in ("is", "isNot") and value in _SUFFIX_IS_CODEC:
        return [[f"{'^' * negated}codec:{value}"]]
    if field is not None and operator in ("isMissing", "isPresent"):
        return [[f"{'missing' if (operator == 'isMissing') == bool(value) else 'has'}:{field}"]]
    groups, called = None, name
    if field in _TEXTS and (field != "lyrics" or operator not in ("is", "isNot")):
        groups = live_rules.compared(field, _TEXT_SIGNS.get(operator, ""), value, negated=negated)
    elif field in _NUMBERS:
        groups, called = _number(operator, field, value), field
    elif field in _DATES:
        how, called = _DAY_SIGNS.get(operator, ""), field
        ends = [str(value[0]), str(value[1])] if how == "between" else [int(value) if how == "last" else str(value)]
        groups = live_rules.compared(field, how, *ends, negated=negated)
    if groups is None:
        raise live_rules.UnsupportedRuleError(f"{called} {operator} {value}")
    return groups


def _number(operator: str, field: str, value: Any) -> live_rules.Groups | None:
    if operator == "inTheRange":
        low, high = (float(end) for end in value)
        least = 0 if field in _FROM_NOTHING else 1
        ends = None if low <= least and high < _MOST else low, None if high >= _MOST else high
        return live_rules.number_between(field, *(ends if any(end is not None for end in ends) else (low, None)))
    number = float(value)
    if operator == "gt" and number == 0 and field not in _FROM_NOTHING:
        return [[f"has:{field}"]]
    return live_rules.compared(field, _NUMBER_SIGNS.get(operator, ""), number, negated=operator == "isNot")


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    try:
        text = OnDisk(path).read(most_bytes=_MOST_BYTES).decode("utf-8-sig")
        rules = json.loads(_COMMENT.sub(lambda match: match[1] or "", text))
    except (ValueError, RecursionError):
        raise ImportReadError("this is not a smart playlist of Navidrome: it is not JSON") from None
    if not isinstance(rules, dict):
        raise ImportReadError("this is not a smart playlist of Navidrome: it has no rules")
    name = rules.get("name") or display_path(os.path.splitext(os.path.basename(path))[0])
    with live_rules.counting_unsupported(notes, str(name)):
        yield DjPlaylist(name=str(name), live=live_of(rules))


NAVIDROME = Format(
    name="navidrome",
    suffixes=("nsp",),
    summary="the query of a live list, for Navidrome",
    list_writer=_write,
    holds_live=True,
)
NAVIDROME_LISTS = Importer(
    name="navidrome",
    title="Navidrome",
    suffixes=("nsp",),
    recognises=lambda path, head: suffix_of(path) == "nsp",
    read=_read,
    is_one_list=True,
    lacks=(Lack("mix color grid hot_cues memory_cues loops my_tags structure vocals histories"),),
)
