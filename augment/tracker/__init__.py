"""Tracker modules (MOD, XM, S3M, IT) as labelled music: songs of other hands, with drum kits of their own."""
