"""SQL functions of the library's schema, from the files of SQL beside this module."""

from __future__ import annotations

import re
from importlib.resources import files

from map4.core.music.analysis.audio import AudioFormat, Upscaling
from map4.core.music.palette import Colour
from map4.core.music.track.credits import Credit
from map4.core.store.query.facts import ANY_IMPORTED_NAME, ANY_OWN_NAME
from map4.core.store.query.field_sql import in_force_sql
from map4.core.store.stored_tables import StoredTable

SCHEMA = "map4"  # schema of the library; other programs do not use it
CHANNEL = "map4"  # channel on which each committed write is announced
NOTIFY = f"RETURNING pg_notify('{CHANNEL}', '')"


def statements_of(name: str, **values: object) -> tuple[str, ...]:
    """The statements of a file of SQL, without its comments; `{name}` is replaced by a value."""
    known = {"schema": SCHEMA, **values}
    statements = StoredTable.statements_in(files(__package__).joinpath(name).read_text("utf-8"))
    return tuple(re.sub(r"\{([a-z]\w*)\}", lambda match: str(known[match[1]]), each) for each in statements)


LONE_SURROGATES = r"(?<!\\)((?:\\\\)*)\\u(d[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..\\u)d[c-f]..)"
"""Their escapes in JSON, with the backslashes before."""
FUNCTIONS = statements_of("functions.sql", lone_surrogates=LONE_SURROGATES)
QUERY_FUNCTIONS = statements_of(
    "query_functions.sql",
    longest_word=500,  # longer words in tags are mistakes; Postgres can't store more than 2,046 bytes
    may_have_guests="[Ff]([Ee][Aa])?[Tt]",  # to look for these letters costs a tenth of the rest
    guests=Credit.GUESTS,
    spaces=Credit.SPACES,
    lossless=", ".join(f"'{codec}'" for codec in sorted(AudioFormat.LOSSLESS_CODECS)),
    own_walls="".join(
        f" WHEN codec = '{codec}' AND bit_rate_bps >= {least_bps!r} THEN {wall_hz!r}"
        for codec, walls in Upscaling.OWN_WALLS_HZ.items()
        for least_bps, wall_hz in walls
    ),
    highest_wall_hz=Upscaling.HIGHEST_WALL_HZ,
    lowest_wall_hz=Upscaling.LOWEST_WALL_HZ,
    least_sample_rate_hz=Upscaling.LEAST_SAMPLE_RATE_HZ,
    least_drop_db=Upscaling.LEAST_DROP_DB,
    least_drop_of_lossy_db=Upscaling.LEAST_DROP_OF_LOSSY_DB,
    least_saturation=Colour.LEAST_SATURATION,
    colors=", ".join(
        f"('{name}', {place}, {Colour.hue(color)!r})" for place, (name, color) in enumerate(Colour.EIGHT.items())
    ),
)

_TEXTS = ("artist", "title", "album", "genre", "display")


def _file_words(row: str = "") -> str:
    texts = ", ".join(f"coalesce({row}{name}_sorted, {row}{name})" for name in _TEXTS[1:])
    return f"file_words(coalesce({row}credits_sorted, {row}artist_sorted, {row}artist), {texts})"


WORDS_INDEX = statements_of(
    "words_index.sql",
    words_of_new=_file_words("new."),
    word_columns=f"{', '.join(f'{name}, {name}_sorted' for name in _TEXTS)}, credits_sorted",
)
FILL_LETTERS = f"INSERT INTO {SCHEMA}.letters SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[])"
FILL_WORDS = f"INSERT INTO files_fts SELECT id, {_file_words()} FROM files"
"""The triggers' work for a library that was filled without them."""
_COUNTED = {"own_names": ANY_OWN_NAME, "imported_names": ANY_IMPORTED_NAME, "keys": in_force_sql("key", facts="")}
KNOWN = tuple(f"CREATE STATISTICS {SCHEMA}.of_{name} ON ({sql}) FROM {SCHEMA}.facts" for name, sql in _COUNTED.items())
"""Statistics for the planner: few tracks have own names, and how many are in each key."""
