"""Functions for queries in Postgres: the rules of `map4.core.store.query.functions`, which are in Python.

Both are made from the same tables and numbers, and tests compare their results.
"""

from __future__ import annotations

from map4.core.music.analysis.audio import (
    HIGHEST_WALL_HZ,
    LEAST_DROP_DB,
    LEAST_DROP_OF_LOSSY_DB,
    LEAST_SAMPLE_RATE_HZ,
    LOSSLESS_CODECS,
    LOWEST_WALL_HZ,
    OWN_WALLS_HZ,
)
from map4.core.music.palette import EIGHT_COLORS, LEAST_SATURATION, hue_of
from map4.core.music.track.credits import GUESTS, SPACES
from map4.core.store.query.facts import ANY_IMPORTED_NAME, ANY_OWN_NAME
from map4.core.store.query.field_sql import in_force_sql
from map4.extras.postgres.functions import SCHEMA

FILL_LETTERS = f"INSERT INTO {SCHEMA}.letters SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[])"
_TEXTS = ("artist", "title", "album", "genre", "display")
_WORD_COLUMNS = f"{', '.join(f'{name}, {name}_sorted' for name in _TEXTS)}, credits_sorted"


def _file_words(row: str = "") -> str:
    texts = ", ".join(f"coalesce({row}{name}_sorted, {row}{name})" for name in _TEXTS[1:])
    return f"file_words(coalesce({row}credits_sorted, {row}artist_sorted, {row}artist), {texts})"


FILL_WORDS = f"INSERT INTO files_fts SELECT id, {_file_words()} FROM files"
"""The triggers' work for a library that was filled without them."""

# Longer words in tags are mistakes; Postgres can't store more than 2,046 bytes.
_LONGEST_WORD = 500
_LETTERS = (
    """CREATE TABLE {schema}.letters (number integer PRIMARY KEY, folded text COLLATE "C", word text COLLATE "C",
    token text COLLATE "C")""",
    # Most non-ASCII letters are ASCII letters with marks, which Postgres removes; others are looked up once each.
    # The word index treats single marks and two letters differently.
    r"""CREATE FUNCTION {schema}.spelled(said text, how text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    DECLARE
        plain text := lower(said COLLATE "C");
        letter text;
        row {schema}.letters;
    BEGIN
        IF octet_length(said) = char_length(said) THEN RETURN plain; END IF;
        IF how <> 'token' OR said !~ '[\u0300-\u036f\u01e0\u01e1]' THEN
            plain := regexp_replace(pg_catalog.normalize(said, CASE how WHEN 'token' THEN 'NFD' ELSE 'NFKD' END),
                '[\u0300-\u034e\u0350-\u036f]+', '', 'g');
            plain := lower(plain COLLATE "C");
            IF octet_length(plain) = char_length(plain) THEN RETURN plain; END IF;
            plain := lower(said COLLATE "C");
        END IF;
        FOR letter IN
            SELECT DISTINCT unnest(string_to_array(regexp_replace(plain, '[\x01-\x7f]+', '', 'g'), NULL)) COLLATE "C"
        LOOP
            SELECT * INTO row FROM {schema}.letters WHERE number <= ascii(letter) ORDER BY number DESC LIMIT 1;
            plain := replace(plain, letter, coalesce(
                CASE how WHEN 'folded' THEN row.folded WHEN 'word' THEN row.word ELSE row.token END, letter));
        END LOOP;
        RETURN plain;
    END $$""",
    # avoids function calls for ASCII texts
    """CREATE FUNCTION {schema}.map4_folded(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(said) = char_length(said) THEN lower(said COLLATE "C")
        ELSE {schema}.spelled(said, 'folded') END $$""",
    r"""CREATE FUNCTION {schema}.words_in(said text, how text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    BEGIN
        RETURN btrim(regexp_replace({schema}.spelled(said, how), '[\x01-/:-`{{-\x7f]+', ' ', 'g'));
    END $$""",
    """CREATE FUNCTION {schema}.map4_says(words text, VARIADIC texts text[]) RETURNS boolean LANGUAGE sql IMMUTABLE
    PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT 1 FROM unnest(texts) AS said
        WHERE btrim(words) <> '' AND strpos(' ' || {schema}.words_in(said, 'word') || ' ', words) > 0) $$""",
)

# Mirrors the word index of a library file. Each word is prefixed with its column number, so that the index suffices:
# weights and column borders would be checked track by track. Whole values, separated by "; ", are also indexed,
# with a sign before them.
_COLUMNS = ("artist", "title", "album", "genre", "path")
_WORDS = (
    f"""CREATE FUNCTION {{schema}}.lyrics_words(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    SELECT coalesce(string_agg('''{len(_COLUMNS) + 1}' || left(token, {_LONGEST_WORD}) || ''':' || n, ' '), '')
        ::tsvector
    FROM unnest(string_to_array({{schema}}.words_in(words, 'token'), ' ')) WITH ORDINALITY AS each_ (token, n)
    $$""",
    rf"""CREATE FUNCTION {{schema}}.whole_word(number integer, value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    SELECT '''' || number || '=' || replace(replace(left(value, {_LONGEST_WORD}), '\', '\\'), '''', '''''') || ''''
    $$""",
    f"""CREATE FUNCTION {{schema}}.file_words(artist text, title text, album text, genre text, path text)
    RETURNS tsvector LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        said text[] := ARRAY[artist, title, album, genre, path];
        tokens text[];
        part text;
        every text := '';
    BEGIN
        FOR number IN 1..{len(_COLUMNS)} LOOP
            tokens := string_to_array({{schema}}.words_in(said[number], 'token'), ' ');
            IF tokens <> '{{{{}}}}' THEN
                SELECT string_agg('''' || number || left(token, {_LONGEST_WORD}) || ''':' || n, ' ')
                INTO part FROM unnest(tokens) WITH ORDINALITY AS each_ (token, n);
                every := every || ' ' || part;
            END IF;
            IF number < {len(_COLUMNS)} THEN
                SELECT every || coalesce(string_agg(' ' || {{schema}}.whole_word(number, value) || ':' || n, ''), '')
                INTO every FROM unnest(string_to_array({{schema}}.map4_folded(trim(said[number])), '; '))
                    WITH ORDINALITY AS each_ (value, n);
            END IF;
        END LOOP;
        RETURN every::tsvector;
    END $$""",
    # The outer parts are empty because values have separators on both sides.
    f"""CREATE FUNCTION {{schema}}.whole_query(name text, said text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    SELECT string_agg({{schema}}.whole_word(array_position(ARRAY{list(_COLUMNS)}, name), value), ' <-> ' ORDER BY n)
        ::tsquery
    FROM (SELECT string_to_array(said, '; ') AS parts) AS of_
    CROSS JOIN unnest(parts[2:cardinality(parts) - 1]) WITH ORDINALITY AS each_ (value, n) $$""",
    f"""CREATE FUNCTION {{schema}}.words_query(match text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    DECLARE
        piece text[];
        tokens text[];
        asked text;
        every text;
    BEGIN
        FOR piece IN SELECT regexp_matches(match, '(?:\\{{{{(\\w+)\\}}}} : )?"((?:[^"]|"")*)"( \\*)?', 'g') LOOP
            tokens := string_to_array({{schema}}.words_in(replace(piece[2], '""', '"'), 'token'), ' ');
            IF tokens = '{{{{}}}}' THEN RETURN '''0'''::tsquery; END IF;
            SELECT string_agg('''%' || left(token, {_LONGEST_WORD}) || ''''
                || CASE WHEN piece[3] IS NOT NULL AND n = cardinality(tokens) THEN ':*' ELSE '' END, ' <-> ' ORDER BY n)
            INTO asked FROM unnest(tokens) WITH ORDINALITY AS each_ (token, n);
            SELECT '(' || string_agg(replace(asked, '%', number::text), ' | ') || ')' INTO asked
            FROM unnest(ARRAY{[*_COLUMNS, "words"]}) WITH ORDINALITY AS column_ (name, number)
            WHERE CASE WHEN piece[1] IS NULL THEN name <> 'words' ELSE name = piece[1] END;
            every := coalesce(every || ' & ', '') || asked;
        END LOOP;
        RETURN every::tsquery;
    END $$""",
)
_COUNTED = {
    "own_names": ANY_OWN_NAME,
    "imported_names": ANY_IMPORTED_NAME,
    "keys": in_force_sql("key", facts=""),
}
KNOWN = tuple(f"CREATE STATISTICS {SCHEMA}.of_{name} ON ({sql}) FROM {SCHEMA}.facts" for name, sql in _COUNTED.items())
"""Statistics for the planner: few tracks have own names, and how many are in each key."""
WORDS_INDEX = (
    f"CREATE TABLE {SCHEMA}.files_fts (rowid bigint PRIMARY KEY, words tsvector NOT NULL)",
    f"""ALTER TABLE {SCHEMA}.lyrics ADD COLUMN tokens tsvector
        GENERATED ALWAYS AS ({SCHEMA}.lyrics_words(words)) STORED""",
    f"CREATE INDEX lyrics_tokens ON {SCHEMA}.lyrics USING gin (tokens) WITH (fastupdate = off)",
    f"CREATE INDEX files_fts_words ON {SCHEMA}.files_fts USING gin (words) WITH (fastupdate = off)",
    f"""CREATE FUNCTION {SCHEMA}.note_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM {SCHEMA}.files_fts WHERE rowid = new.id;
        INSERT INTO {SCHEMA}.files_fts VALUES (new.id, {SCHEMA}.{_file_words("new.")});
        RETURN NULL;
    END $$""",
    f"""CREATE FUNCTION {SCHEMA}.forget_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM {SCHEMA}.files_fts WHERE rowid = old.id;
        RETURN NULL;
    END $$""",
    f"""CREATE TRIGGER files_fts_insert AFTER INSERT ON {SCHEMA}.files
    FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.note_words()""",
    f"""CREATE TRIGGER files_fts_update AFTER UPDATE OF {_WORD_COLUMNS} ON {SCHEMA}.files
    FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.note_words()""",
    f"""CREATE TRIGGER files_fts_delete AFTER DELETE ON {SCHEMA}.files
    FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.forget_words()""",
)

# Days are of the zone of the session (`connection.local_zone`), as in `last_played_of`.
_PLAYS = (
    """CREATE FUNCTION {schema}.map4_plays(counted bigint, heard numeric, in_programs numeric) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN coalesce(heard, 0) = 0 THEN counted
        ELSE greatest(coalesce(counted, 0), coalesce(in_programs, 0)) + heard - coalesce(in_programs, 0) END $$""",
    """CREATE FUNCTION {schema}.map4_last_played(written text, heard_at bigint) RETURNS text LANGUAGE sql STABLE
    PARALLEL SAFE AS $$
    SELECT CASE WHEN heard_at IS NULL OR written COLLATE "C" > CASE length(written)
        WHEN 10 THEN to_char(to_timestamp(heard_at), 'YYYY-MM-DD') ELSE heard_text END
        THEN written ELSE heard_text END
    FROM (SELECT to_char(to_timestamp(heard_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) AS of_ (heard_text)
    $$""",
)
_MAY_HAVE_GUESTS = "[Ff]([Ee][Aa])?[Tt]"
"""Most names have no guests: to look for these letters costs a tenth of the rest."""
_GUESTS = (
    f"""CREATE FUNCTION {{schema}}.stripped(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(said, '^[{SPACES}]+|[{SPACES}]+$', '', 'g') $$""",
    f"""CREATE FUNCTION {{schema}}.map4_guests(title text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$ BEGIN
    IF title !~ '{_MAY_HAVE_GUESTS}' THEN RETURN NULL; END IF;
    RETURN (SELECT string_agg(name, '; ' ORDER BY place) FROM (
        SELECT {{schema}}.stripped(coalesce(guest[1], guest[2])) AS name, min(place) AS place
        FROM regexp_matches(title, '{GUESTS}', 'g') WITH ORDINALITY AS of_ (guest, place) GROUP BY name) AS named);
    END $$""",
    f"""CREATE FUNCTION {{schema}}.map4_artists(artist text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$ BEGIN
    IF artist !~ '; |{_MAY_HAVE_GUESTS}' THEN
        RETURN nullif(concat_ws('; ', artist, nullif({{schema}}.stripped(artist), '')), ''); END IF;
    RETURN (WITH of_value AS (SELECT value, place, {{schema}}.map4_guests(value) AS guests, {{schema}}.stripped(
        regexp_replace(regexp_replace(value, '{GUESTS}', ' ', 'g'), '[{SPACES}]+', ' ', 'g')) AS main
        FROM unnest(string_to_array(artist, '; ')) WITH ORDINALITY AS of_ (value, place)
    ), named AS (SELECT is_guest, name, min(place) AS place, min(nth) AS nth FROM (
        SELECT false, CASE WHEN guests <> '' AND main <> '' THEN main ELSE {{schema}}.stripped(value) END, place, 0
        FROM of_value UNION ALL SELECT true, guest, place, nth
        FROM of_value, unnest(string_to_array(guests, '; ')) WITH ORDINALITY AS of_ (guest, nth) WHERE main <> ''
        ) AS each_ (is_guest, name, place, nth) WHERE name <> '' GROUP BY is_guest, name)
    SELECT concat_ws('; ', artist, string_agg(name, '; ' ORDER BY is_guest, place, nth)) FROM named); END $$""",
)
_SHUFFLE = """CREATE FUNCTION {schema}.map4_shuffle(seed text, track_id text) RETURNS text LANGUAGE sql IMMUTABLE
    PARALLEL SAFE AS $$ SELECT md5(seed || ' ' || track_id) $$"""


def _upscaled() -> str:
    lossless = ", ".join(f"'{codec}'" for codec in sorted(LOSSLESS_CODECS))
    walls = "".join(
        f" WHEN codec = '{codec}' AND bit_rate_bps >= {least_bps!r} THEN {wall_hz!r}"
        for codec, walls in OWN_WALLS_HZ.items()
        for least_bps, wall_hz in walls
    )
    return f"""CREATE FUNCTION {{schema}}.map4_is_upscaled(codec text, sample_rate_hz bigint,
    bit_rate_bps double precision, cutoff_hz double precision, cutoff_drop_db double precision) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    DECLARE
        is_lossless boolean := codec IN ({lossless});
        own_wall_hz double precision := CASE WHEN is_lossless THEN {HIGHEST_WALL_HZ!r}{walls} END;
    BEGIN
        IF own_wall_hz IS NULL OR sample_rate_hz < {LEAST_SAMPLE_RATE_HZ} OR cutoff_hz < {LOWEST_WALL_HZ!r} THEN
            RETURN NULL;
        END IF;
        IF cutoff_hz >= own_wall_hz THEN RETURN FALSE; END IF;
        RETURN CASE WHEN cutoff_drop_db >= CASE WHEN is_lossless THEN {LEAST_DROP_DB!r}::double precision
            ELSE {LEAST_DROP_OF_LOSSY_DB!r} END THEN TRUE END;
    END $$"""


def _color() -> str:
    names = ", ".join(
        f"('{name}', {place}, {hue_of(color)!r})" for place, (name, color) in enumerate(EIGHT_COLORS.items())
    )
    return f"""CREATE FUNCTION {{schema}}.map4_color(color text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    DECLARE
        parts double precision[];
        most double precision;
        lowest double precision;
        apart double precision;
        hue double precision;
    BEGIN
        IF color ~* '^.[0-9a-f]{{{{6}}}}' THEN
            SELECT array_agg(get_byte(decode(substr(color, 2, 6), 'hex'), n) / 255::double precision ORDER BY n)
            INTO parts FROM generate_series(0, 2) AS n;
            most := greatest(parts[1], parts[2], parts[3]);
            lowest := least(parts[1], parts[2], parts[3]);
            apart := most - lowest;
            IF apart > 0 AND apart / most * most >= {LEAST_SATURATION!r}::double precision THEN
                hue := CASE most WHEN parts[1] THEN (most - parts[3]) / apart - (most - parts[2]) / apart
                    WHEN parts[2] THEN 2 + (most - parts[1]) / apart - (most - parts[3]) / apart
                    ELSE 4 + (most - parts[2]) / apart - (most - parts[1]) / apart END / 6;
                hue := hue - floor(hue);
                RETURN (SELECT name FROM (VALUES {names}) AS one (name, place, its)
                    ORDER BY least(abs(hue - its), 1 - abs(hue - its)), place LIMIT 1) || '; ' || color;
            END IF;
        END IF;
        RETURN 'grey; ' || color;
    END $$"""


QUERY_FUNCTIONS: tuple[str, ...] = tuple(
    statement.format(schema=SCHEMA)
    for statement in (
        *_LETTERS,
        *_WORDS,
        *_PLAYS,
        *_GUESTS,
        _SHUFFLE,
        _upscaled(),
        _color(),
    )
)
