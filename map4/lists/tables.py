"""Tables of stored lists, their tracks and their versions."""

from __future__ import annotations

from collections.abc import Iterable

from map4.core.store.stored_tables import ExportMember, PersonPlace, StoredTable, change_trigger, note_change

SQL = StoredTable.sql_beside(__file__)

_OF_ALL = "{row}.owner = 0 OR {row}.sharing <> 'private'"
_WHOSE_LIST = f"CASE WHEN {_OF_ALL} THEN NULL ELSE {{row}}.owner END"


def _notes() -> Iterable[str]:
    old, new = (_WHOSE_LIST.format(row=row) for row in ("old", "new"))
    # A list kept as deleted is visible to no user.
    present, gone = (f"ON playlists WHEN {row}.deleted_at IS NULL" for row in ("new", "old"))
    yield change_trigger("insert_playlists", f"INSERT {present}", note_change("lists", "'made'", "new.uid", whose=new))
    yield change_trigger("delete_playlists", f"DELETE {gone}", note_change("lists", "'deleted'", "old.uid", whose=old))
    what = (
        "CASE WHEN new.deleted_at IS NOT NULL THEN 'deleted' WHEN old.deleted_at IS NOT NULL THEN 'restored' "
        "WHEN old.name <> new.name THEN 'renamed' ELSE 'changed' END"
    )
    # For others a list that becomes private is deleted.
    hidden = f"({_OF_ALL.format(row='old')}) AND NOT ({_OF_ALL.format(row='new')})"
    yield change_trigger(
        "update_playlists",
        "UPDATE ON playlists WHEN old.deleted_at IS NULL OR new.deleted_at IS NULL",
        note_change("lists", "'deleted'", "new.uid", where=hidden),
        note_change("lists", what, "new.uid", whose=new),
    )
    # Storing a list writes its row as well; only a track that moved is changed without its list.
    listed = "(SELECT {} FROM playlists AS p WHERE p.id = new.playlist_id)"
    note = note_change("lists", "'changed'", listed.format("p.uid"), whose=listed.format(_WHOSE_LIST.format(row="p")),
                   where=listed.format("p.deleted_at IS NULL"))  # fmt: skip
    yield change_trigger("update_playlist_tracks", "UPDATE ON playlist_tracks", note)


LIST_NOTES = tuple(_notes())
# A list without a name gets a new name.
_NAME_LOST = (
    "INSERT INTO playlists (id, name, name_key, header, created_at, updated_at) "
    "SELECT playlist_id, name, name, '{}', :now, :now FROM (SELECT DISTINCT playlist_id, "
    "'recovered list ' || playlist_id || ' (' || :day || ')' AS name FROM playlist_tracks) "
    "WHERE playlist_id NOT IN (SELECT id FROM playlists)"
)


TABLES = (
    StoredTable(
        "playlists",
        (*SQL["playlists"], *LIST_NOTES[:-1]),
        people=(PersonPlace("owner", "row erased", "lists"),),  # a shared list then belongs to everybody
        export=ExportMember("lists", "map4.lists.store.owners:exported_lists"),
        erase="map4.lists.store.owners:erase_lists",
        take="map4.lists.store.owners:take_lists",
        rename="map4.lists.store.owners:rename_stars",
        prune="map4.lists.store.deleted:purge",
        alters_answers=True,
        lost_parents=_NAME_LOST,
        lost_times=(("deleted_at", ":now"),),  # NULL would bring back a deleted list, whose name may be taken
    ),
    StoredTable("playlist_tracks", (*SQL["playlist_tracks"], LIST_NOTES[-1])),
    StoredTable("list_versions", SQL["list_versions"], people=(PersonPlace("made_by", "number stays", "lists"),)),
)
