"""Effects computed by audiomentations: `engine = "audiomentations"` on a step. One file an effect, of its name."""
