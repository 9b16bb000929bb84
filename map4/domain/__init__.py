"""What map4 knows about music: keys, tempo, HAMMS, records. Standard library and numpy only."""
