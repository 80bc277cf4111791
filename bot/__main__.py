"""`python -m bot NAME` is `inloop NAME`."""

from bot.cli import main

main()
