"""What this folder registers."""

from map4.base.declaration import Declaration, FileFormat, LibraryReader

DECLARATION = Declaration(
    formats=(FileFormat(target="map4.formats.rekordbox.xml_writer:REKORDBOX", order=140),),
    importers=(
        LibraryReader(target="map4.formats.rekordbox.xml_reader:REKORDBOX", order=10),
        LibraryReader(
            target="map4.formats.rekordbox.database:REKORDBOX_DB",
            order=20,
            instead={
                "datafile.edb": "rekordbox 5's own database, which is encrypted; export the collection as XML in "
                "rekordbox (File > Export Collection in xml format), and import that",
            },
        ),
        LibraryReader(target="map4.formats.rekordbox.device:REKORDBOX_USB", order=30),
    ),
)
