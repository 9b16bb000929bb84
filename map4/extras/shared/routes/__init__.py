"""What routes of players share."""
