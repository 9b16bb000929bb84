"""What was played in a recorded set."""
