"""Labels of a track: properties that audio analysis can't determine, such as genre, mood and era, with their source."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from map4.core.base.records import Fraction, Json, Record

# Recorded music has been sold since the 1890s.
_FIRST_DECADE, _LAST_DECADE = 1890, 2020

_SPACES = re.compile(r"\s+")


class Labels(Record, members="genre family subgenre mood era tags confidence source model prompt_version"):
    """The labels of a track.

    genre: `UNKNOWN`, or a genre; from a model it is a family
    family: the genre family (see `map4.core.music.track.genre`); None if unknown
    subgenre, mood, era: None if unknown; the era is the decade of the original release, such as "1990s"
    tags: short words
    confidence: 0-1, of the genre; 0 if unknown
    source: an entry of `MODEL_SOURCES`, "tag" (the genre tag), "keywords" (folder names, or nothing at all), or another
        provider's name
    model: the model that answered; None for rules
    prompt_version: `PROMPT_VERSION` of map4 when it was labelled
    notes: a free-text remark
    """

    UNKNOWN = "Unknown"
    """The genre of a track with unknown genre."""
    PROMPT_VERSION = 2
    """Raised when the prompt, the choices or the rules change; older labels are then requested again."""
    MODEL_SOURCES = ("claude", "openai")
    """Language models as sources of labels: Claude, or a model with an OpenAI-compatible API."""
    MOODS = (
        "aggressive", "calm", "dark", "dreamy", "energetic", "epic", "euphoric", "happy", "hypnotic", "melancholic",
        "nostalgic", "playful", "romantic", "sensual", "tense", "uplifting",
    )  # fmt: skip
    """The possible moods. The list is short, so that tracks with the same mood get the same word."""
    ERAS = tuple(f"{decade}s" for decade in range(_FIRST_DECADE, _LAST_DECADE + 10, 10))
    """The possible decades of an original release."""
    # Longer fields are not names; the limit bounds the size of requests.
    MOST_LETTERS = 200

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
            raise ValueError("labels need a genre and a source")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"a confidence must be within [0, 1], got {self.confidence}")

    @property
    def style(self) -> str | None:
        """The subgenre, which tags usually contain, else the genre; None if both are unknown."""
        return self.subgenre or (self.genre if self.genre != Labels.UNKNOWN else None)

    def to_data(self) -> dict[str, Any]:
        """All values in stored form; `of_data` reads them."""
        return {**self.to_record(), "notes": self.notes}

    @staticmethod
    def of_data(data: Mapping[str, Any]) -> Labels:
        """Read the output of `Labels.to_data`.

        raises ValueError, TypeError, KeyError: if it is invalid
        """
        text = {name: _text_or_none(data[name]) for name in ("family", "subgenre", "mood", "era", "model")}
        if (
            not isinstance(data["genre"], str)
            or not isinstance(data["source"], str)
            or not isinstance(data["tags"], list)
        ):
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

    @staticmethod
    def clean_text(text: Any, length: int = MOST_LETTERS) -> str | None:
        """A single-line text without controls, surrogates and direction marks; None if nothing is left.

        text: anything; other types give None
        length: characters to keep
        """
        if not isinstance(text, str):
            return None
        # Cut before NFC: comments may be megabytes.
        cleaned = unicodedata.normalize("NFC", text[: 4 * length])
        if not cleaned.isprintable():  # printable text has nothing for `_clean_letter` to change
            cleaned = "".join(map(_clean_letter, cleaned))
        elif "  " not in cleaned:  # the only blanks are single spaces
            return cleaned.strip()[:length].strip() or None
        return _SPACES.sub(" ", cleaned).strip()[:length].strip() or None


def _text_or_none(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _clean_letter(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    # Format marks, lone surrogates, private use, unassigned. Some scripts need the joiners.
    return "" if category in ("Cf", "Cs", "Co", "Cn") and letter not in "\u200c\u200d" else letter
