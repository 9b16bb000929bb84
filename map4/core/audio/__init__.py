"""Audio files: opened, identified, decoded, and their tags read."""
