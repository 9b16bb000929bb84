"""The web page: its styles and script modules."""
