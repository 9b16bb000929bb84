"""From the sound of a recorded set to its track list: who may be heard, where exactly, how loud, and what becomes of it."""
