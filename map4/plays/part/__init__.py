"""What `Library` has of plays."""
