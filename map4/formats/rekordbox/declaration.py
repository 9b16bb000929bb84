"""What this folder registers."""

from map4.core.base.declaration import Declaration, FileFormat, LibraryReader, PackageExtra

DECLARATION = Declaration(
    PackageExtra("rekordbox", "read rekordbox's database, master.db", 30),
    FileFormat("map4.formats.rekordbox.xml_writer:REKORDBOX", 140),
    LibraryReader("map4.formats.rekordbox.xml_reader:REKORDBOX", 10),
    LibraryReader(
        "map4.formats.rekordbox.database:REKORDBOX_DB",
        instead={
            "datafile.edb": "rekordbox 5's own database, which is encrypted; export the collection as XML in "
            "rekordbox (File > Export Collection in xml format), and import that"
        },
    ),
    LibraryReader("map4.formats.rekordbox.device:REKORDBOX_USB"),
)
