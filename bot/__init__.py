"""Inloop: a walk-in desk in a phone."""
