"""A query as a heading says it: `genre:house energy:7..` is "House, energy 7 and more"."""

from __future__ import annotations

from map4.domain.query.fields import DETECTED_WORDS, IS_WORDS, field_named
from map4.domain.query.terms import Token, tokens

_NAMES = {"bpm": "tempo", "duration": "length", "added": "added", "played": "last played", "tag": "tagged"}
_UNITS = {
    "bpm": " BPM",
    "loudness": " LUFS",
    "peak": " dBTP",
    "bitrate": " kbit/s",
    "samplerate": " Hz",
    "bits": " bits",
}
_AS_THEY_ARE = ("genre", "artist", "title", "mood", "subgenre", "era", "codec")
_AGO = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}


def query_in_words(text: str) -> str:
    """Say what a query asks for; "All tracks" where it asks for nothing. Order and limits are left out."""
    groups: list[list[str]] = [[]]
    for token in tokens(text):
        if token.field is None and not token.quoted and token.value in ("or", "OR"):
            groups.append([])
        elif said := _term(token):
            groups[-1].append(f"not {said}" if token.negated else said)
    told = " or ".join(", ".join(group) for group in groups if group)
    return told[:1].upper() + told[1:] if told else "All tracks"


def _term(token: Token) -> str:
    field = field_named(token.field) if token.field else None
    if field is None:
        return f"“{token.value}”"
    if field.kind == "control" or (field.name == "is" and token.value.lower() in ("any", "ok")):
        return ""
    if field.name == "is":
        return IS_WORDS.get(token.value.lower(), token.value)
    if field.name in ("has", "missing"):
        named = field_named(token.value)
        what = token.value if named is None or token.value in DETECTED_WORDS else _NAMES.get(named.name, named.name)
        return f"{'with' if field.name == 'has' else 'without'} {what.replace('_', ' ')}"
    if field.name == "key":
        keys = token.value.replace(",", " or ")
        return f"in a key that mixes with {keys}" if token.modifier == "~" else f"in {keys}"
    if field.kind in ("text", "codec", "path"):
        return token.value if field.name in _AS_THEY_ARE else f"{_NAMES.get(field.name, field.name)} {token.value}"
    said = _range(token.value, _UNITS.get(field.name, ""), is_date=field.kind == "date")
    return f"{_NAMES.get(field.name, field.name)} {said}{', half or double' if token.modifier == '~' else ''}"


def _range(value: str, unit: str, *, is_date: bool) -> str:
    low, is_range, high = (part.strip() for part in value.partition(".."))
    low, high = _moment(low), _moment(high)
    if not is_range:
        return f"in the last {low.removesuffix(' ago')}" if low.endswith(" ago") else f"{low}{unit}"
    if low and high:
        return f"{low} to {high}{unit}"
    if is_date:
        return f"since {low}" if low else f"until {high}"
    return f"{low}{unit} and more" if low else f"up to {high}{unit}"


def _moment(text: str) -> str:
    """`-2w` is "2 weeks ago"; all else is as it is."""
    if len(text) > 2 and text[0] == "-" and text[1:-1].isdecimal() and text[-1] in _AGO:
        return f"{text[1:-1]} {_AGO[text[-1]]}{'' if text[1:-1] == '1' else 's'} ago"
    return text
