"""Effects on sound that carry the labels along, one a file."""
