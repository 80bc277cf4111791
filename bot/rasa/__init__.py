"""Understanding and deciding: the only files that import rasa (Python 3.10, loopback)."""
