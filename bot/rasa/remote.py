"""Rasa's call to the action server, made quick and loud.

Rasa 3.6 compiles a whole JSON schema at every call (20 of 28 ms), and turns a failed action into silence. Both are mended by a
subclass put in place of `RemoteAction`; a test holds the names this relies on.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import aiohttp
import rasa.core.actions.action as rasa_action
from jsonschema.validators import validator_for

from bot.rasa.state import CURRENT

RemoteAction = rasa_action.RemoteAction


class ActionsDown(Exception):
    """The action server cannot be reached: try the turn again."""


class ActionFailed(Exception):
    """An action raised, or answered something that is not an action's answer."""


@cache
def _validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    return validator_for(schema)(schema)


def _unreachable(wrong: BaseException | None) -> bool:
    """Whether an error, or what caused it, is the network's."""
    while wrong is not None:
        if isinstance(wrong, (aiohttp.ClientConnectionError, asyncio.TimeoutError, OSError)):
            return True
        wrong = wrong.__cause__ or wrong.__context__
    return False


class LoudAction(RemoteAction):  # type: ignore[misc, valid-type]
    """A remote action whose failure fails the turn."""

    def _validate_action_result(self, result: Any) -> bool:
        if not isinstance(result, dict) or not _validator().is_valid(result):
            raise ActionFailed(self.name())
        return True

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        """Run the action; Rasa swallows what it raises, so the turn is told first."""
        try:
            return await super().run(*args, **kwargs)
        except Exception as wrong:
            CURRENT.get().failure = ActionsDown(self.name()) if _unreachable(wrong) else ActionFailed(self.name())
            raise


def install() -> None:
    """Put the quick and loud action in the place of Rasa's."""
    rasa_action.RemoteAction = LoudAction
