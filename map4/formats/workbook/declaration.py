"""What this folder registers."""

from map4.core.base.declaration import Declaration, FileFormat

DECLARATION = Declaration(FileFormat("map4.formats.workbook.writer:XLSX", 130))
