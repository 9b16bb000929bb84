"""What all subjects share: texts and paths, rules of music, analysis, audio files, storage, JSON schemas."""
