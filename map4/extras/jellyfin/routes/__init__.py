"""The Jellyfin API: requests, methods and responses."""
