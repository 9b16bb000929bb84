"""For each kind of plan how it is drawn up, which changes nothing, and how a job does it as it was shown."""
