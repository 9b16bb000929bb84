"""What this subject registers."""

from map4.base.declaration import Declaration, Tables

DECLARATION = Declaration(
    tables=(
        Tables(target="map4.values.tables.values:TABLES", order=40),
        Tables(target="map4.values.tables.marks:TABLES", order=60),
        Tables(target="map4.values.tables.lookups:TABLES", order=100),
        Tables(target="map4.values.tables.history:TABLES", order=140),
    ),
)
