"""Pictures and arrays to judge a data set by: single sounds, and folders of them."""
