"""What this folder registers."""

from map4.core.base.declaration import Declaration, FileFormat

DECLARATION = Declaration(
    FileFormat("map4.formats.lists.m3u:M3U8", 10),
    FileFormat("map4.formats.lists.m3u:M3U", begins=("#EXTM3U",)),
    FileFormat("map4.formats.lists.m3u:TXT"),
    FileFormat("map4.formats.lists.pls:PLS", begins=("[playlist]",)),
    FileFormat("map4.formats.lists.xspf:XSPF", begins=("<?xml", "<playlist")),
    FileFormat("map4.formats.lists.jspf:JSPF"),
    FileFormat("map4.formats.lists.json:JSON", begins=("[",)),
    FileFormat("map4.formats.lists.json:JSONL"),
    FileFormat("map4.formats.lists.csv:CSV"),
    FileFormat("map4.formats.lists.csv:TSV"),
)
