"""Readers of public data sets, one a file. Each reads what lies on disk, and none downloads anything."""
