"""Registrations for data tools: the format Parquet."""

from map4.base.declaration import Declaration, FileFormat

DECLARATION = Declaration(FileFormat("map4.extras.research.parquet:PARQUET", 135))
