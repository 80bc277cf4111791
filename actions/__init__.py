"""What the bot says and when: `python -m rasa_sdk --actions actions`. Decides only; writes nothing that lasts."""
