"""How two tracks mix."""
