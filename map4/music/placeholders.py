"""Texts that programs write where a name is unknown, such as "Unknown Artist" or "Track 01"."""

from __future__ import annotations

import re

from map4.base.text import words_of

VARIOUS_ARTISTS = "Various Artists"
"""As tags and services mostly spell it."""
VARIOUS = frozenset(
    {"various", "various artists", "va", "v a", "diverse", "verschiedene interpreten", "artistes varies"}
)
"""Folded names of various artists; right as an album artist only."""
COPY_WORDS = ("copy", "kopie", "copie", "copia")
"""Words by which programs mark the name of a copied file."""
_UNKNOWN = frozenset({
    "unknown", "unknown artist", "unknown title", "unknown album", "unknown track", "unknown genre", "unknown label",
    "no artist", "no title", "no album", "none", "n a", "id",
    "unbekannt", "unbekannter interpret", "unbekannter kunstler", "unbekannter titel", "unbekanntes album",
    "inconnu", "artiste inconnu", "titre inconnu", "album inconnu", "artista desconocido", "titulo desconocido",
    "album desconocido", "artista sconosciuto", "titolo sconosciuto", "artista desconhecido", "неизвестныи исполнитель",
    "track", "audio track", "audiotrack", "titel", "piste", "pista", "traccia", "spur", "faixa", "дорожка", "трек",
    "new recording", "recording", "neue aufnahme", "aufnahme", "nouvel enregistrement", "nueva grabacion",
    "nuova registrazione", "voice memo", *COPY_WORDS,
})  # fmt: skip
_NUMBER = re.compile(r" ?\d+$")


def is_placeholder(text: str, field: str = "") -> bool:
    """True for the text of an unknown name, also with a number: "Track 01"."""
    words = _NUMBER.sub("", words_of(text))
    return words in _UNKNOWN or (words in VARIOUS and field != "album_artist")
