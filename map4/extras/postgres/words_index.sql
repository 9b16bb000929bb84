CREATE TABLE {schema}.files_fts (rowid bigint PRIMARY KEY, words tsvector NOT NULL);

ALTER TABLE {schema}.lyrics ADD COLUMN tokens tsvector
        GENERATED ALWAYS AS ({schema}.lyrics_words(words)) STORED;

CREATE INDEX lyrics_tokens ON {schema}.lyrics USING gin (tokens) WITH (fastupdate = off);

CREATE INDEX files_fts_words ON {schema}.files_fts USING gin (words) WITH (fastupdate = off);

CREATE FUNCTION {schema}.note_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM {schema}.files_fts WHERE rowid = new.id;
        INSERT INTO {schema}.files_fts VALUES (new.id, {schema}.{words_of_new});
        RETURN NULL;
    END $$;

CREATE FUNCTION {schema}.forget_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM {schema}.files_fts WHERE rowid = old.id;
        RETURN NULL;
    END $$;

CREATE TRIGGER files_fts_insert AFTER INSERT ON {schema}.files
    FOR EACH ROW EXECUTE FUNCTION {schema}.note_words();

CREATE TRIGGER files_fts_update AFTER UPDATE OF {word_columns} ON {schema}.files
    FOR EACH ROW EXECUTE FUNCTION {schema}.note_words();

CREATE TRIGGER files_fts_delete AFTER DELETE ON {schema}.files
    FOR EACH ROW EXECUTE FUNCTION {schema}.forget_words();
