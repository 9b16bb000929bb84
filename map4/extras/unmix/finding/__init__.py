"""From the audio of a recorded set to its track list: which tracks, exactly where, and how loud."""
