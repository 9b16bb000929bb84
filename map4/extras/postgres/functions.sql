-- SQL functions that `map4.core.store` calls and Postgres lacks or names differently, in the library's schema, so that
-- the same SQL runs in both databases. JSON values are returned as text, `true` and `false` as 1 and 0; SQL that needs
-- a number casts them. Statements are parted by an empty line.

-- Steps of a path such as `$.hamms.vector[3]`; `[#-1]` is the last.
CREATE FUNCTION {schema}.json_steps(path text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN path = '$' THEN '{}'::text[]
        ELSE string_to_array(ltrim(replace(replace(replace(substr(path, 2), '[#', '.'), '[', '.'), ']', ''), '.'), '.') END
$$;

-- Names that are not UTF-8 are lone surrogates in JSON, which Postgres can't read. Each is replaced: by U+FFFD, and by
-- U+FDD0 and its digits in documents that are returned as JSON, where these become an escape again.
CREATE FUNCTION {schema}.json_read(document text, instead text DEFAULT chr(65533)) RETURNS json LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE WHEN strpos(document, '\ud') = 0 THEN document
        ELSE regexp_replace(document, '{lone_surrogates}', '\1' || instead, 'g') END::json $$;

CREATE FUNCTION {schema}.json_extract(document text, path text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
    DECLARE found json := {schema}.json_read(document) #> {schema}.json_steps(path);
    BEGIN
        IF json_typeof(found) IN ('array', 'object') AND strpos(document, '\ud') > 0 THEN
            found := {schema}.json_read(document, chr(64976) || '\2') #> {schema}.json_steps(path);
            RETURN replace(found::text, chr(64976), '\u');
        END IF;
        RETURN CASE json_typeof(found) WHEN 'null' THEN NULL
            WHEN 'boolean' THEN CASE found #>> '{}' WHEN 'true' THEN '1' ELSE '0' END
            ELSE found #>> '{}' END;
    END $$;

CREATE OPERATOR {schema}.->> (LEFTARG = text, RIGHTARG = text, FUNCTION = {schema}.json_extract);

CREATE FUNCTION {schema}.json_type(document text, path text DEFAULT '$') RETURNS text LANGUAGE plpgsql IMMUTABLE
    STRICT AS $$
    DECLARE found json := {schema}.json_read(document) #> {schema}.json_steps(path);
    BEGIN
        RETURN CASE json_typeof(found) WHEN 'string' THEN 'text' WHEN 'boolean' THEN found #>> '{}'
            WHEN 'number' THEN CASE WHEN found #>> '{}' ~ '[.eE]' THEN 'real' ELSE 'integer' END
            ELSE json_typeof(found) END;
    END $$;

CREATE FUNCTION {schema}.json_valid(document text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT AS $$
    BEGIN
        PERFORM document::json;
        RETURN TRUE;
    EXCEPTION WHEN data_exception THEN RETURN FALSE;
    END $$;

CREATE FUNCTION {schema}.json_array_length(document text, path text DEFAULT '$') RETURNS bigint LANGUAGE plpgsql
    IMMUTABLE STRICT AS $$
    DECLARE found json := {schema}.json_read(document) #> {schema}.json_steps(path);
    BEGIN
        RETURN CASE json_typeof(found) WHEN 'array' THEN json_array_length(found) ELSE 0 * length(found::text) END;
    END $$;

CREATE FUNCTION {schema}.json_each(document text, path text DEFAULT '$') RETURNS TABLE (key text, value text)
    LANGUAGE plpgsql IMMUTABLE STRICT AS $$
    DECLARE found json := {schema}.json_read(document) #> {schema}.json_steps(path);
    BEGIN
        CASE json_typeof(found)
            WHEN 'array' THEN RETURN QUERY
                SELECT (e.n - 1)::text, e.one FROM json_array_elements_text(found) WITH ORDINALITY AS e (one, n);
            WHEN 'object' THEN RETURN QUERY SELECT e.key, e.value FROM json_each_text(found) AS e;
            ELSE RETURN;
        END CASE;
    END $$;

CREATE FUNCTION {schema}.json_quote(said text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(to_json(said)::text, 'null') $$;

-- A whole real number keeps its decimal point, which distinguishes it from an integer.
CREATE FUNCTION {schema}.json_quote(said double precision) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN said IS NULL THEN 'null' WHEN said::text ~ '^-?\d+$' THEN said::text || '.0' ELSE said::text END
    $$;

CREATE FUNCTION {schema}.json_remove(document text, path text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT replace(({schema}.json_read(document, chr(64976) || '\2')::jsonb #- {schema}.json_steps(path))::text,
        chr(64976), '\u') $$;

CREATE FUNCTION {schema}.json_with(document jsonb, name text, value text) RETURNS jsonb LANGUAGE sql IMMUTABLE
    AS $$ SELECT document || jsonb_build_object(name, value) $$;

CREATE FUNCTION {schema}.json_text(document jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT document::text $$;

CREATE AGGREGATE {schema}.json_group_object(text, text) (
        SFUNC = {schema}.json_with, STYPE = jsonb, INITCOND = '{}', FINALFUNC = {schema}.json_text);

CREATE FUNCTION {schema}.joined(before text, one text, separator text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN one IS NULL THEN before WHEN before IS NULL THEN one ELSE before || separator || one END $$;

CREATE AGGREGATE {schema}.group_concat(text, text) (SFUNC = {schema}.joined, STYPE = text);

CREATE FUNCTION {schema}.instr(said text, part text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT strpos(said, part) $$;

CREATE FUNCTION {schema}.hex(bytes bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT upper(encode(bytes, 'hex')) $$;

-- A random UUID has fixed bits; a hash of two has none.
CREATE FUNCTION {schema}.randomblob(size integer) RETURNS bytea LANGUAGE sql VOLATILE AS $$
    SELECT substr(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 1, size) $$;

CREATE FUNCTION {schema}.strftime(form text, moment text) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;

CREATE FUNCTION {schema}.max(one anycompatible, other anycompatible) RETURNS anycompatible LANGUAGE sql IMMUTABLE
    STRICT AS $$ SELECT greatest(one, other) $$;

CREATE FUNCTION {schema}.min(one anycompatible, other anycompatible) RETURNS anycompatible LANGUAGE sql IMMUTABLE
    STRICT AS $$ SELECT least(one, other) $$;

CREATE FUNCTION {schema}.last_of(one bytea, other bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT greatest(one, other) $$;

CREATE AGGREGATE {schema}.max(bytea) (SFUNC = {schema}.last_of, STYPE = bytea);

CREATE FUNCTION {schema}.iif(is_so boolean, one anycompatible, other anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN is_so THEN one ELSE other END $$;

CREATE FUNCTION {schema}.round(value double precision, decimals integer) RETURNS double precision LANGUAGE sql
    IMMUTABLE STRICT AS $$ SELECT pg_catalog.round(value::numeric, decimals)::double precision $$;

CREATE FUNCTION {schema}.counted(sum double precision, is_so boolean) RETURNS double precision LANGUAGE sql
    IMMUTABLE STRICT AS $$ SELECT sum + is_so::integer $$;

CREATE AGGREGATE {schema}.total(double precision) (SFUNC = float8pl, STYPE = double precision, INITCOND = '0');

CREATE AGGREGATE {schema}.total(boolean) (SFUNC = {schema}.counted, STYPE = double precision, INITCOND = '0');

-- Unlike sequences, these numbers roll back with the transaction: no gaps, and none appears late.
CREATE TABLE {schema}.last_numbers (name text PRIMARY KEY, seq bigint NOT NULL);

CREATE FUNCTION {schema}.next_number(of text) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    INSERT INTO {schema}.last_numbers VALUES (of, 1)
    ON CONFLICT (name) DO UPDATE SET seq = {schema}.last_numbers.seq + 1 RETURNING seq $$;
