"""Routes about connected music servers, and what their AudioMuse clients call."""
