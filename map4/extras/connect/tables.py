"""Tables of connected music servers, their songs and the lists sent to them."""

from map4.core.store.stored_tables import ExportMember, PersonPlace, StoredTable

SQL = StoredTable.sql_beside(__file__)

# The secret is encrypted with a key outside the library.
CONNECTIONS = SQL["connections"]
_WITHOUT_CONNECTION = "connection NOT IN (SELECT id FROM connections)"

TABLES = (
    StoredTable(
        "connections",
        CONNECTIONS,
        people=(PersonPlace("owner", "row erased", "connections"),),
        export=ExportMember("connections", "map4.extras.connect.store.connections:exported_connections"),
        own_key=("name",),
    ),
    StoredTable(
        "connected_songs",
        SQL["connected_songs"],
        orphans=_WITHOUT_CONNECTION,
        recompute="map4.extras.connect.store.connections:recount_elsewhere",
    ),
    StoredTable("connected_lists", SQL["connected_lists"], orphans=_WITHOUT_CONNECTION),
)
