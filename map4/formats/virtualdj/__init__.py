"""VirtualDJ: database and lists."""
