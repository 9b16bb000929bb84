"""Libraries of Apple's Music app and of iTunes."""
