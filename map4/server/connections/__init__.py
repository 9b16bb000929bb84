"""What happens between a connection and the application: how it is read, guarded and sent."""
