"""How well what was heard fits what was played: one recording, tables of many, pieces of the kit, single samples."""
