"""The routes of each subject."""
