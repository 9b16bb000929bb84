"""Tracks that may fail a check, determined from facts, so that only these are read in full.

`map4.doctor.checks.diagnosis` has the same rules and decides; a test ensures that both agree.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from map4.core.music.analysis.analysis import ANALYSIS_VERSION, DOUBTFUL
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.plausible import CLIPPED_PER_MINUTE
from map4.core.music.file_name import without_additions
from map4.core.music.placeholders import Placeholder
from map4.core.music.query.context import QueryContext
from map4.core.music.track.fields import FIELDS, METADATA
from map4.core.music.track.garbled import KNOWN, SUSPECT_GLOBS, known_name
from map4.core.music.track.observations import OCTAVES, SAME_TEMPO
from map4.core.store.database import Connection
from map4.core.store.query.field_sql import TAG_COLUMNS, certainty_sql, counting_sql, typed_json_sql, user_sql
from map4.core.store.query.forms import Predicate
from map4.doctor.checks import diagnosis

_TABLES = "FROM facts AS x CROSS JOIN files AS f ON f.id = x.file_id"
UNSURE = frozenset({"grid_wrong", "bars_disagree", "metadata_disagrees", "garbled"})
"""Checks that facts can't decide: their candidates may pass."""

_STATED = ("failed", "missing")
# Fields in both tags and imports; values that differ only in spelling are sorted out when the track is read.
_CONTRADICTED = " OR ".join(
    f"CAST(i.data ->> '$.{field.imported}' AS TEXT) <> CAST(f.{TAG_COLUMNS[field.tag]} AS TEXT)"
    for field in FIELDS.values()
    if field.setting == METADATA and {"tag", "imported"} <= {*field.sources}
)


def suspects(
    connection: Connection, where: Predicate, context: QueryContext, checks: Sequence[str], copies: Collection[int]
) -> list[tuple[int, int]]:
    """Return the files that may fail a check, by path: their ids, and a bit for each check."""
    # A LIMIT keeps SQLite from merging the inner query into the outer one, which would compute everything twice.
    sql = (
        f"SELECT file_id, found FROM (SELECT x.file_id, f.path, {_bits(context, checks)} AS found "
        f"{_TABLES} WHERE {where.sql} LIMIT -1) AS asked WHERE found <> 0 ORDER BY path"
    )
    values = list[str]()
    for check in checks:
        if check == "missing_tags":
            values += (_placeholders(connection, where, context, name) for name in ("artist", "title"))
        elif check == "garbled":
            known = known_names(connection)
            values += 2 * [json.dumps([name for name in known if known_name(name, known)])]
        elif check == "copies":
            values.append(json.dumps(list(copies)))
    return connection.execute(sql, (*values, *where.values)).fetchall()


def known_names(connection: Connection) -> frozenset[str]:
    """The artists of tags with letters that depend on the encoding."""
    texts = (f"SELECT DISTINCT {name} FROM files WHERE {name} GLOB '*[^ -~]*'" for name in KNOWN)
    return frozenset(text for sql in texts for (text,) in connection.execute(sql))


def _placeholders(connection: Connection, where: Predicate, context: QueryContext, name: str) -> str:
    """The current names of tracks that are none, as JSON."""
    sql = f"SELECT DISTINCT {counting_sql(name, context)} {_TABLES} WHERE {where.sql}"
    texts = connection.execute(sql, where.values).fetchall()
    placeholders = (text for (text,) in texts if text and _is_wrong(text, name))
    return json.dumps([text for text in placeholders if name != "artist" or not is_real_artist(connection, text)])


def _is_wrong(text: str, name: str) -> bool:
    return Placeholder.is_one(text, name) or (name == "title" and without_additions(text) != text)


def is_real_artist(connection: Connection, artist: str) -> bool:
    """Whether "Artist" or the like has several tracks with titles, so that it seems to be a name."""
    if not Placeholder.may_be_a_name(artist):
        return False
    titles = connection.execute("SELECT DISTINCT title FROM files WHERE artist = ?", (artist,))
    return sum(title is not None and not Placeholder.is_one(title) for (title,) in titles) > 1


def _bits(context: QueryContext, checks: Sequence[str]) -> str:
    conditions, present, absent = _conditions(context), ["0"], ["0"]
    for place, check in enumerate(checks):
        bits = absent if check in _STATED else present
        bits.append(f"(CASE WHEN {conditions[check]} THEN {1 << place} ELSE 0 END)")
    return f"CASE WHEN x.state = 'ok' THEN {' + '.join(present)} ELSE {' + '.join(absent)} END"


def _rhythm_conditions(context: QueryContext) -> dict[str, str]:
    bpm, tempo_sure = counting_sql("bpm", context), certainty_sql("tempo")
    is_in_force = f"({bpm} = x.measured_bpm OR round({bpm}, 3) = round(x.measured_bpm, 3))"
    doubtable = f"x.measured_bpm IS NOT NULL AND x.user_bpm IS NULL AND {is_in_force}"
    close_tempo = f"x.other_tempo_confidence >= {diagnosis.CLOSE_RATIO} * {tempo_sure}"
    other_tempo = "abs({1} * round(x.measured_bpm, 3) - round(x.{0}_bpm, 3)) > {2} * round(x.{0}_bpm, 3)"
    provided = " AND ".join(other_tempo.format("provider", factor, SAME_TEMPO) for factor in OCTAVES)
    with_grid = "f.audio_id IN (SELECT i.audio_id FROM imported AS i WHERE json_array_length(i.data, '$.grid') > 0)"
    other_bpm = f"abs({typed_json_sql('i.data', '.grid[0].bpm', 'REAL')} - x.measured_bpm) > {diagnosis.SAME_GRID_BPM}"
    other_bars = (
        "EXISTS (SELECT 1 FROM imported AS i WHERE i.audio_id = f.audio_id "
        f"AND (json_extract(i.data, '$.grid[0].beat') IS NOT NULL OR {other_bpm}))"
    )
    rounded = ", ".join(f"round(x.measured_bpm, {digits})" for digits in range(4))
    measured_grid = "(SELECT json_extract(a.core, '$.grid.bpm') FROM analyses AS a WHERE a.audio_id = f.audio_id)"
    return {
        "tempo_doubtful": f"{tempo_sure} < {DOUBTFUL} AND {doubtable}",
        "tempo_close": f"{tempo_sure} >= {DOUBTFUL} AND {doubtable} AND {close_tempo}",
        "tempo_disagrees": (
            # Most tracks have no other source; check that before computing anything.
            "x.measured_bpm IS NOT NULL AND x.user_bpm IS NULL AND ("
            f"(x.imported_bpm IS NOT NULL AND {other_tempo.format('imported', 1.0, SAME_TEMPO)}) "
            f"OR (x.tag_bpm IS NOT NULL AND {other_tempo.format('tag', 1.0, SAME_TEMPO)}) "
            f"OR (x.provider_bpm IS NOT NULL AND {provided}))"
        ),
        "grid_wrong": with_grid,
        "bars_doubtful": (
            f"x.measured_bpm IS NOT NULL AND ({is_in_force} OR x.user_bpm IN ({rounded})) AND "
            f"{user_sql('grid')} IS NULL AND NOT {other_bars} AND {measured_grid} IS NOT NULL AND "
            f"coalesce({certainty_sql('bars')}, 0.0) < {DOUBTFUL}"
        ),
        "bars_disagree": with_grid,
    }


def _conditions(context: QueryContext) -> dict[str, str]:
    key, artist, title, year = (counting_sql(name, context) for name in ("key", "artist", "title", "year"))
    key_sure = certainty_sql("key")
    close_key = f"x.other_key_confidence >= {diagnosis.CLOSE_RATIO} * {key_sure}"
    lossy = f"x.codec IN ({_texts(AudioFormat.LOSSY_OLD | AudioFormat.LOSSY_NEW)})"
    gain = f"CASE WHEN x.codec IN ({_texts(AudioFormat.LOSSY_OLD)}) THEN 1.0 ELSE {AudioFormat.NEW_CODEC_GAIN} END"
    low_bps = AudioFormat.NEARLY_THE_RATE * diagnosis.LOW_BIT_RATE_BPS
    few_bits = f"x.bit_rate_bps * ({gain}) * 2 < {low_bps} * min(x.channels, 2)"
    return {
        "failed": "x.state = 'failed'",
        "missing": "x.state = 'missing'",
        "damaged": "(" + " OR ".join(_has_flag(flag) for flag in AudioFormat.DAMAGE) + ")",
        "wrong_suffix": " OR ".join(
            f"lower(f.display) LIKE '%.{suffix}' AND x.codec NOT IN ({_texts(codecs)})"
            for suffix, codecs in diagnosis.CODECS_OF.items()
        ),
        "silent": _has_flag("silent"),
        "stale": f"(x.analysis_version <> {ANALYSIS_VERSION} OR x.error_kind IS NOT NULL)",
        **_rhythm_conditions(context),
        "key_doubtful": (f"x.user_key IS NULL AND {key} = x.measured_key AND ({key_sure} < {DOUBTFUL} OR {close_key})"),
        "key_disagrees": (
            "x.user_key IS NULL AND (x.imported_key <> x.measured_key OR x.tag_key <> x.measured_key "
            "OR x.provider_key <> x.measured_key)"
        ),
        "clipped": f"x.clipped_per_minute >= {CLIPPED_PER_MINUTE}",
        "silent_ends": (
            "x.cue_in_s IS NOT NULL AND x.cue_out_s IS NOT NULL AND "
            f"(x.cue_in_s > {diagnosis.LEAD_IN_S} OR x.duration_s - x.cue_out_s > {diagnosis.TAIL_S})"
        ),
        "low_quality": (
            "x.bit_rate_bps IS NOT NULL AND x.codec IS NOT NULL AND "
            f"(({lossy} AND {few_bits}) OR x.sample_rate_hz < {diagnosis.LOW_SAMPLE_RATE_HZ})"
        ),
        "upscaled": (
            "x.cutoff_hz IS NOT NULL AND "
            "map4_is_upscaled(x.codec, x.sample_rate_hz, x.bit_rate_bps, x.cutoff_hz, x.cutoff_drop_db)"
        ),
        "metadata_disagrees": (
            "(f.audio_id IN (SELECT p.audio_id FROM provided AS p) "
            f"OR EXISTS (SELECT 1 FROM imported AS i WHERE i.audio_id IN (f.audio_id, f.uid) AND ({_CONTRADICTED})))"
        ),
        "year_doubtful": (
            f"{user_sql('year')} IS NULL AND ({year} < {diagnosis.FIRST_YEAR} "
            f"OR {year} = {diagnosis.NO_YEAR} OR {year} > {diagnosis.next_year()})"
        ),
        "missing_tags": " OR ".join(
            f"coalesce({text}, '') = '' OR ({user_sql(name)} IS NULL AND {text} IN (SELECT value FROM json_each(?)))"
            for name, text in (("artist", artist), ("title", title))
        ),
        "garbled": " OR ".join(
            (
                *(f"f.{name} GLOB '{pattern}'" for name in diagnosis.GARBLED for pattern in SUSPECT_GLOBS),
                *(f"f.{name} IN (SELECT value FROM json_each(?))" for name in KNOWN),
            )
        ),
        "copies": "x.file_id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))",
    }


def _has_flag(flag: str) -> str:
    return f"instr(x.flags, '\"{flag}\"') > 0"


def _texts(names: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))
