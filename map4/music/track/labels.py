"""Labels of a track: what audio can't tell, such as genre, mood and era, with where each came from."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from map4.base.records import Fraction, Json, Record
from map4.music.track.genre import shipped_genres

UNKNOWN = "Unknown"
"""The genre of a track whose genre is not known."""

PROMPT_VERSION = 1
"""Raised when the question, the choices or the rules change: labels of an older version are then asked for again."""

MODEL_SOURCES = ("claude", "openai")
"""Sources of labels that a language model gave: Claude, or one that speaks as OpenAI's do."""

MOODS = (
    "aggressive", "calm", "dark", "dreamy", "energetic", "epic", "euphoric", "happy", "hypnotic", "melancholic",
    "nostalgic", "playful", "romantic", "sensual", "tense", "uplifting",
)  # fmt: skip
"""Moods to choose from. A short list, so that two tracks of the same mood carry the same word."""

# Recorded music is sold since the 1890s.
_FIRST_DECADE, _LAST_DECADE = 1890, 2020
ERAS = tuple(f"{decade}s" for decade in range(_FIRST_DECADE, _LAST_DECADE + 10, 10))
"""Decades of an original release to choose from."""

# A field longer than this is no name of anything; cutting it bounds what is sent.
FIELD_LENGTH = 200
TAG_LENGTH = 40
MOST_TAGS = 8
NOTES_LENGTH = 300
# Folders that say nothing of a genre are passed over anyway; deeper ones are the artist and the album.
MOST_FOLDERS = 8
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels(Record, members="genre family subgenre mood era tags confidence source model prompt_version"):
    """What a track was labelled with.

    genre: `UNKNOWN`, or a genre; of a model's it is a family
    family: the genre family (see `map4.music.track.genre`); None where it is not known
    subgenre, mood, era: None where not known; the era is the decade of the original release, such as "1990s"
    tags: short words
    confidence: 0-1, of the genre; 0 where that is unknown
    source: one of `MODEL_SOURCES`, "tag" (the genre tag), "keywords" (folder names, or nothing at all), or another
        provider's name
    model: that gave the answer; None for rules
    prompt_version: `PROMPT_VERSION` of map4 when it was labelled
    notes: a remark in words
    """

    genre: Annotated[str, Json(minLength=1)] = UNKNOWN
    family: str | None = None
    subgenre: str | None = None
    mood: str | None = None
    era: str | None = None
    tags: tuple[str, ...] = ()
    confidence: Fraction = 0.0
    source: str = "keywords"
    model: str | None = None
    prompt_version: int = PROMPT_VERSION
    notes: str | None = None

    def __post_init__(self) -> None:
        if not self.genre or not self.source:
            raise ValueError("labels have a genre and a source")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"a confidence is within [0, 1], got {self.confidence}")

    @property
    def style(self) -> str | None:
        """The subgenre, which is the word that tags use, or else the genre; None where neither is known."""
        return self.subgenre or (self.genre if self.genre != UNKNOWN else None)

    def to_data(self) -> dict[str, Any]:
        """Everything, as it is stored; `labels_from_data` reads it."""
        return {**self.to_record(), "notes": self.notes}


def labels_from_data(data: Mapping[str, Any]) -> Labels:
    """Read what `Labels.to_data` wrote.

    raises ValueError, TypeError, KeyError: if it is something else
    """
    text = {name: _text_or_none(data[name]) for name in ("family", "subgenre", "mood", "era", "model")}
    if not isinstance(data["genre"], str) or not isinstance(data["source"], str) or not isinstance(data["tags"], list):
        raise TypeError("a genre and a source are texts, tags a list")
    return Labels(
        genre=data["genre"],
        tags=tuple(str(tag) for tag in data["tags"]),
        confidence=float(data["confidence"]),
        source=data["source"],
        prompt_version=int(data["prompt_version"]),
        notes=_text_or_none(data.get("notes")),
        **text,
    )


def _text_or_none(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def clean_text(text: Any, length: int = FIELD_LENGTH) -> str | None:
    """A text on one line without controls, half characters and marks that turn a line round; None if nothing is left.

    text: anything; what is no text is nothing
    length: characters to keep
    """
    if not isinstance(text, str):
        return None
    # Cut before NFC: comments may be megabytes.
    kept = unicodedata.normalize("NFC", text[: 4 * length])
    if not kept.isprintable():  # what is printable has none of those that `_kept` changes
        kept = "".join(map(_kept, kept))
    elif "  " not in kept:  # nor any blank but this one
        return kept.strip()[:length].strip() or None
    return _SPACES.sub(" ", kept).strip()[:length].strip() or None


def _kept(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    # Format marks, lone surrogates, private use, not assigned. The joiner holds scripts together.
    return "" if category in ("Cf", "Cs", "Co", "Cn") and letter not in "\u200c\u200d" else letter


def era_of_year(year: int | None) -> str | None:
    """The decade of a year, or None where that is no era to choose from."""
    era = None if year is None else f"{year // 10 * 10}s"
    return era if era in ERAS else None


def checked_labels(data: Mapping[str, Any], *, source: str, model: str | None) -> Labels | None:
    """Labels from an answer that may hold anything; None where it does not even name a genre to choose from.

    data: genre (a family or `UNKNOWN`), subgenre, mood, era, tags, confidence, notes; a mood or era that is none to
        choose from counts as not known
    source, model: who answered
    """
    families = {family.casefold(): family for family in (*shipped_genres().families, UNKNOWN)}
    genre = families.get(str(data.get("genre")).strip().casefold())
    confidence = data.get("confidence")
    if genre is None or isinstance(confidence, bool) or not isinstance(confidence, (int, float)):
        return None
    if not math.isfinite(confidence):
        return None
    is_known = genre != UNKNOWN
    return Labels(
        genre=genre,
        family=genre if is_known else None,
        subgenre=_word(data.get("subgenre"), FIELD_LENGTH),
        mood=_choice(data.get("mood"), MOODS),
        era=_choice(data.get("era"), ERAS),
        tags=_tags(data.get("tags")),
        confidence=round(min(max(float(confidence), 0.0), 1.0), 3) if is_known else 0.0,
        source=source,
        model=model,
        notes=_word(data.get("notes"), NOTES_LENGTH),
    )


def _word(value: Any, length: int) -> str | None:
    text = clean_text(value, length)
    return None if text is None or text.casefold() in ("unknown", "none", "null", "n/a") else text


def _choice(value: Any, choices: Iterable[str]) -> str | None:
    text = (clean_text(value) or "").casefold()
    return text if text in choices else None


def _tags(value: Any) -> tuple[str, ...]:
    words = (_word(tag, TAG_LENGTH) for tag in (value if isinstance(value, list) else ()))
    return tuple(dict.fromkeys(word.casefold() for word in words if word))[:MOST_TAGS]
