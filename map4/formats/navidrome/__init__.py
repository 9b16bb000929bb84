"""Smart playlists of Navidrome."""
