"""What tools for assistants share."""
