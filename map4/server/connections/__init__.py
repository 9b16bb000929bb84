"""Reading, guarding and sending HTTP messages."""
