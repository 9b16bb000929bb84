-- Functions for queries: the rules of `map4.core.store.query.functions`, which are in Python. Both are made from the same
-- tables and numbers, and tests compare their results. Statements are parted by an empty line.

CREATE TABLE {schema}.letters (number integer PRIMARY KEY, folded text COLLATE "C", word text COLLATE "C",
    token text COLLATE "C");

-- Most non-ASCII letters are ASCII letters with marks, which Postgres removes; others are looked up once each. The word
-- index treats single marks and two letters differently.
CREATE FUNCTION {schema}.spelled(said text, how text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
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
    END $$;

-- Avoids function calls for ASCII texts.
CREATE FUNCTION {schema}.map4_folded(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(said) = char_length(said) THEN lower(said COLLATE "C")
        ELSE {schema}.spelled(said, 'folded') END $$;

CREATE FUNCTION {schema}.words_in(said text, how text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    BEGIN
        RETURN btrim(regexp_replace({schema}.spelled(said, how), '[\x01-/:-`{-\x7f]+', ' ', 'g'));
    END $$;

CREATE FUNCTION {schema}.map4_says(words text, VARIADIC texts text[]) RETURNS boolean LANGUAGE sql IMMUTABLE
    PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT 1 FROM unnest(texts) AS said
        WHERE btrim(words) <> '' AND strpos(' ' || {schema}.words_in(said, 'word') || ' ', words) > 0) $$;

-- Mirrors the word index of a library file. Each word is prefixed with its column number, so that the index suffices:
-- weights and column borders would be checked track by track. Whole values, separated by "; ", are also indexed, with a
-- sign before them.
CREATE FUNCTION {schema}.lyrics_words(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    SELECT coalesce(string_agg('''6' || left(token, {longest_word}) || ''':' || n, ' '), '')
        ::tsvector
    FROM unnest(string_to_array({schema}.words_in(words, 'token'), ' ')) WITH ORDINALITY AS each_ (token, n)
    $$;

CREATE FUNCTION {schema}.whole_word(number integer, value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    SELECT '''' || number || '=' || replace(replace(left(value, {longest_word}), '\', '\\'), '''', '''''') || ''''
    $$;

CREATE FUNCTION {schema}.file_words(artist text, title text, album text, genre text, path text)
    RETURNS tsvector LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        said text[] := ARRAY[artist, title, album, genre, path];
        tokens text[];
        part text;
        every text := '';
    BEGIN
        FOR number IN 1..5 LOOP
            tokens := string_to_array({schema}.words_in(said[number], 'token'), ' ');
            IF tokens <> '{}' THEN
                SELECT string_agg('''' || number || left(token, {longest_word}) || ''':' || n, ' ')
                INTO part FROM unnest(tokens) WITH ORDINALITY AS each_ (token, n);
                every := every || ' ' || part;
            END IF;
            IF number < 5 THEN
                SELECT every || coalesce(string_agg(' ' || {schema}.whole_word(number, value) || ':' || n, ''), '')
                INTO every FROM unnest(string_to_array({schema}.map4_folded(trim(said[number])), '; '))
                    WITH ORDINALITY AS each_ (value, n);
            END IF;
        END LOOP;
        RETURN every::tsvector;
    END $$;

-- The outer parts are empty because values have separators on both sides.
CREATE FUNCTION {schema}.whole_query(name text, said text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    SELECT string_agg({schema}.whole_word(array_position(ARRAY['artist', 'title', 'album', 'genre', 'path'], name), value), ' <-> ' ORDER BY n)
        ::tsquery
    FROM (SELECT string_to_array(said, '; ') AS parts) AS of_
    CROSS JOIN unnest(parts[2:cardinality(parts) - 1]) WITH ORDINALITY AS each_ (value, n) $$;

CREATE FUNCTION {schema}.words_query(match text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    DECLARE
        piece text[];
        tokens text[];
        asked text;
        every text;
    BEGIN
        FOR piece IN SELECT regexp_matches(match, '(?:\{(\w+)\} : )?"((?:[^"]|"")*)"( \*)?', 'g') LOOP
            tokens := string_to_array({schema}.words_in(replace(piece[2], '""', '"'), 'token'), ' ');
            IF tokens = '{}' THEN RETURN '''0'''::tsquery; END IF;
            SELECT string_agg('''%' || left(token, {longest_word}) || ''''
                || CASE WHEN piece[3] IS NOT NULL AND n = cardinality(tokens) THEN ':*' ELSE '' END, ' <-> ' ORDER BY n)
            INTO asked FROM unnest(tokens) WITH ORDINALITY AS each_ (token, n);
            SELECT '(' || string_agg(replace(asked, '%', number::text), ' | ') || ')' INTO asked
            FROM unnest(ARRAY['artist', 'title', 'album', 'genre', 'path', 'words']) WITH ORDINALITY AS column_ (name, number)
            WHERE CASE WHEN piece[1] IS NULL THEN name <> 'words' ELSE name = piece[1] END;
            every := coalesce(every || ' & ', '') || asked;
        END LOOP;
        RETURN every::tsquery;
    END $$;

-- Days are of the zone of the session (`connection.local_zone`), as in `last_played_of`.
CREATE FUNCTION {schema}.map4_plays(counted bigint, heard numeric, in_programs numeric) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN coalesce(heard, 0) = 0 THEN counted
        ELSE greatest(coalesce(counted, 0), coalesce(in_programs, 0)) + heard - coalesce(in_programs, 0) END $$;

CREATE FUNCTION {schema}.map4_last_played(written text, heard_at bigint) RETURNS text LANGUAGE sql STABLE
    PARALLEL SAFE AS $$
    SELECT CASE WHEN heard_at IS NULL OR written COLLATE "C" > CASE length(written)
        WHEN 10 THEN to_char(to_timestamp(heard_at), 'YYYY-MM-DD') ELSE heard_text END
        THEN written ELSE heard_text END
    FROM (SELECT to_char(to_timestamp(heard_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) AS of_ (heard_text)
    $$;

CREATE FUNCTION {schema}.stripped(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(said, '^[{spaces}]+|[{spaces}]+$', '', 'g') $$;

CREATE FUNCTION {schema}.map4_guests(title text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$ BEGIN
    IF title !~ '{may_have_guests}' THEN RETURN NULL; END IF;
    RETURN (SELECT string_agg(name, '; ' ORDER BY place) FROM (
        SELECT {schema}.stripped(coalesce(guest[1], guest[2])) AS name, min(place) AS place
        FROM regexp_matches(title, '{guests}', 'g') WITH ORDINALITY AS of_ (guest, place) GROUP BY name) AS named);
    END $$;

CREATE FUNCTION {schema}.map4_artists(artist text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$ BEGIN
    IF artist !~ '; |{may_have_guests}' THEN
        RETURN nullif(concat_ws('; ', artist, nullif({schema}.stripped(artist), '')), ''); END IF;
    RETURN (WITH of_value AS (SELECT value, place, {schema}.map4_guests(value) AS guests, {schema}.stripped(
        regexp_replace(regexp_replace(value, '{guests}', ' ', 'g'), '[{spaces}]+', ' ', 'g')) AS main
        FROM unnest(string_to_array(artist, '; ')) WITH ORDINALITY AS of_ (value, place)
    ), named AS (SELECT is_guest, name, min(place) AS place, min(nth) AS nth FROM (
        SELECT false, CASE WHEN guests <> '' AND main <> '' THEN main ELSE {schema}.stripped(value) END, place, 0
        FROM of_value UNION ALL SELECT true, guest, place, nth
        FROM of_value, unnest(string_to_array(guests, '; ')) WITH ORDINALITY AS of_ (guest, nth) WHERE main <> ''
        ) AS each_ (is_guest, name, place, nth) WHERE name <> '' GROUP BY is_guest, name)
    SELECT concat_ws('; ', artist, string_agg(name, '; ' ORDER BY is_guest, place, nth)) FROM named); END $$;

CREATE FUNCTION {schema}.map4_shuffle(seed text, track_id text) RETURNS text LANGUAGE sql IMMUTABLE
    PARALLEL SAFE AS $$ SELECT md5(seed || ' ' || track_id) $$;

CREATE FUNCTION {schema}.map4_is_upscaled(codec text, sample_rate_hz bigint,
    bit_rate_bps double precision, cutoff_hz double precision, cutoff_drop_db double precision) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    DECLARE
        is_lossless boolean := codec IN ({lossless});
        own_wall_hz double precision := CASE WHEN is_lossless THEN {highest_wall_hz}{own_walls} END;
    BEGIN
        IF own_wall_hz IS NULL OR sample_rate_hz < {least_sample_rate_hz} OR cutoff_hz < {lowest_wall_hz} THEN
            RETURN NULL;
        END IF;
        IF cutoff_hz >= own_wall_hz THEN RETURN FALSE; END IF;
        RETURN CASE WHEN cutoff_drop_db >= CASE WHEN is_lossless THEN {least_drop_db}::double precision
            ELSE {least_drop_of_lossy_db} END THEN TRUE END;
    END $$;

CREATE FUNCTION {schema}.map4_color(color text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    PARALLEL SAFE AS $$
    DECLARE
        parts double precision[];
        most double precision;
        lowest double precision;
        apart double precision;
        hue double precision;
    BEGIN
        IF color ~* '^.[0-9a-f]{6}' THEN
            SELECT array_agg(get_byte(decode(substr(color, 2, 6), 'hex'), n) / 255::double precision ORDER BY n)
            INTO parts FROM generate_series(0, 2) AS n;
            most := greatest(parts[1], parts[2], parts[3]);
            lowest := least(parts[1], parts[2], parts[3]);
            apart := most - lowest;
            IF apart > 0 AND apart / most * most >= {least_saturation}::double precision THEN
                hue := CASE most WHEN parts[1] THEN (most - parts[3]) / apart - (most - parts[2]) / apart
                    WHEN parts[2] THEN 2 + (most - parts[1]) / apart - (most - parts[3]) / apart
                    ELSE 4 + (most - parts[2]) / apart - (most - parts[1]) / apart END / 6;
                hue := hue - floor(hue);
                RETURN (SELECT name FROM (VALUES {colors}) AS one (name, place, its)
                    ORDER BY least(abs(hue - its), 1 - abs(hue - its)), place LIMIT 1) || '; ' || color;
            END IF;
        END IF;
        RETURN 'grey; ' || color;
    END $$;
