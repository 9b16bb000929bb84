"""Routes of connected music servers, and of AudioMuse clients."""
