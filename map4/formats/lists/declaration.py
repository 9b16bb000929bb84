"""What this folder registers."""

from map4.base.declaration import Declaration, FileFormat

DECLARATION = Declaration(
    formats=(
        FileFormat(target="map4.formats.lists.m3u:M3U8", order=10),
        FileFormat(target="map4.formats.lists.m3u:M3U", order=20, begins=("#EXTM3U",)),
        FileFormat(target="map4.formats.lists.m3u:TXT", order=30),
        FileFormat(target="map4.formats.lists.pls:PLS", order=40, begins=("[playlist]",)),
        FileFormat(target="map4.formats.lists.xspf:XSPF", order=50, begins=("<?xml", "<playlist")),
        FileFormat(target="map4.formats.lists.jspf:JSPF", order=60),
        FileFormat(target="map4.formats.lists.json:JSON", order=70, begins=("[",)),
        FileFormat(target="map4.formats.lists.json:JSONL", order=80),
        FileFormat(target="map4.formats.lists.csv:CSV", order=90),
        FileFormat(target="map4.formats.lists.csv:TSV", order=100),
    ),
)
