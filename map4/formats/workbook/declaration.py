"""What this folder registers."""

from map4.base.declaration import Declaration, FileFormat

DECLARATION = Declaration(
    formats=(FileFormat(target="map4.formats.workbook.writer:XLSX", order=130),),
)
