"""What map4 knows about music: keys, tempo, HAMMS, tracks, lists, queries. Standard library and numpy."""
