"""What a folder of music does without: each can be deleted by itself."""
