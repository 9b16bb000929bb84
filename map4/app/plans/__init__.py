"""What is done in two steps: a plan that is shown, and then done as it was shown."""
