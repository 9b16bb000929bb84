"""rekordbox: XML and database."""
