"""What people say of tracks: values, marks, and which source counts."""
