"""The SQL of a table is in the folder of its subject."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import map4
from map4.core.base.declaration import load
from map4.core.base.declarations import declarations

ROOT = Path(map4.__file__).parent
# Other files that name a table in SQL. This list only shrinks.
ELSEWHERE = {
    "care/store/contents.py": "imported_tracks playlist_tracks playlists",
    "care/store/backup.py": "accounts audit credentials renewed_secrets signing_keys",
    "care/store/salvage.py": "library_identity",
    "doctor/store/doubts.py": "gone_files user_values",
    "doctor/store/suspects.py": "imported provided",
    "duplicates/store/copies.py": "playlist_tracks playlists user_values",
    "extras/quarantine/store.py": "imported_tracks imports playlist_tracks playlists user_values",
    "extras/review/store.py": "imported_tracks imports played_tracks playlist_tracks playlists",
    "extras/cluster/store/lists.py": "list_versions playlist_tracks playlists",
    "extras/cluster/store/outside.py": "imported_tracks imports lookups observations",
    "extras/cluster/store/people.py": "gone_files value_changes value_steps",
    "extras/cluster/store/plays.py": "play_reports play_steps played_tracks plays",
    "extras/connect/store/connections.py": "play_counts played_tracks plays",
    "extras/postgres/database.py": "library_identity",
    "extras/postgres/schema.py": "library_identity",
    "extras/postgres/store.py": "library_identity",
    "extras/postgres/views.sql": "accounts playlist_tracks playlists",
    "extras/rename/store.py": "playlist_tracks",
    "imports/store/doubts.py": "playlist_tracks playlists",
    "imports/store/effective_values.py": "gone_files playlist_tracks playlists",
    "extras/lookup/store.py": "lookups",
    "imports/store/imports.py": "playlist_tracks",
    "lists/store/playlists.py": "accounts",
    "lists/store/query_fields.py": "accounts",
    "plays/store/plays.py": "user_values",
    "stats/store.py": "imported user_values",
    "core/store/file/schema.py": "credentials",
    "core/store/query/facts.py": "imported provided user_values",
    "core/store/query/field_sql.py": "imported labels provided ratings user_values",
    "core/store/query/query_sql.py": "imported provided",
    "core/store/rows/track_rows.py": "imported marks play_counts played_tracks provided user_values",
    "core/store/search.py": "provided",
    "core/store/stored_tables.py": "value_changes value_steps",
    "core/store/tracks.py": "imported provided",
    "values/store/marks.py": "playlists",
    "values/store/values.py": "accounts imported_tracks playlists",
    "values/tables/marks.sql": "accounts playlists",
    "values/tables/values.sql": "accounts",
}


def _subjects() -> dict[str, str]:
    """The folder of the subject that declares a table, by table; tables of the store are for everybody."""
    targets = [tables.target for declaration in declarations() for tables in declaration.tables]
    folders = {
        target: re.sub(r"map4\.((?:core\.|extras\.)?\w+)\..*", r"\1", target).replace(".", "/") for target in targets
    }
    return {
        table.name: folder for target, folder in folders.items() if folder != "core/store" for table in load(target)
    }


def test_table_names_occur_only_in_the_sql_of_their_subject() -> None:
    subjects = _subjects()
    before = r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE|ON)"
    named, maybe = re.compile(rf"{before}\s+({'|'.join(subjects)})\b"), re.compile(rf"{before}\b".encode())
    elsewhere = defaultdict[str, set[str]](set)
    for path in (*ROOT.rglob("*.py"), *ROOT.rglob("*.sql")):
        file = path.relative_to(ROOT).as_posix()
        code = path.read_bytes()
        parts = ast.walk(ast.parse(code if path.suffix == ".py" and maybe.search(code) else ""))
        texts = [code.decode()] if path.suffix == ".sql" else [getattr(node, "value", None) for node in parts]
        for table in named.findall("\n".join(text for text in texts if isinstance(text, str))):
            if not file.startswith(f"{subjects[table]}/"):
                elsewhere[file].add(table)
    listed = {file: set(tables.split()) for file, tables in ELSEWHERE.items() if (ROOT / file).exists()}
    assert elsewhere == listed
    assert len(subjects) > 30
