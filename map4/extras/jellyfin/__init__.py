"""The Jellyfin API for music players."""
