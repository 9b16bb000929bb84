"""From the sound of a recorded set to its track list: who is heard, where exactly, and how loud."""
