"""Says which classes a recording is of: tasks, segments, their merging, and the classifier that joins them."""
