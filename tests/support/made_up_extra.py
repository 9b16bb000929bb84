"""Tables of an extra that is made up."""

from made_up_tables import TABLES as OF_SUBJECT

from map4.core.store.stored_tables import StoredTable

_MOODS = OF_SUBJECT[0]
_BY_OWNER = "CREATE INDEX moods_by_owner ON moods (owner)"
TABLES = (
    StoredTable(
        "moods",
        (*_MOODS.create, _BY_OWNER),
        people=_MOODS.people,
        export=_MOODS.export,
        merge=_MOODS.merge,
        change="set",
    ),
)
