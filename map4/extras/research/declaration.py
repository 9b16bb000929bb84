"""Registrations for data tools: the format Parquet."""

from map4.base.declaration import Declaration, FileFormat

DECLARATION = Declaration(
    formats=(FileFormat(target="map4.extras.research.parquet:PARQUET", order=135),),
)
