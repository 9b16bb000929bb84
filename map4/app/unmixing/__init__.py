"""What was played in recorded sets."""
