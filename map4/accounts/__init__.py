"""Who shares a library, and what shows that one is somebody."""
