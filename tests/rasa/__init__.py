"""Understanding and the turn, in Rasa's own environment (Python 3.10)."""
