"""Libraries of other programs, read as tracks and lists."""
