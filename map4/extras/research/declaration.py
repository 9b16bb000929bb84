"""Registrations for data tools: the format Parquet."""

from map4.core.base.declaration import Declaration, FileFormat, PackageExtra

DECLARATION = Declaration(
    PackageExtra("research", "write Parquet, make data frames", 100),
    FileFormat("map4.extras.research.parquet:PARQUET", 135),
)
