"""Scores transcriptions and classifications against labels: one recording, tables of many, single drum samples."""
