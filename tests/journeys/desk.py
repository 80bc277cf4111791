"""A member of staff at the JSON API."""

from __future__ import annotations

from typing import Any

import httpx

from tests.stack import Stack


class Desk:
    """Calls the API with a token of a role; fails with the answer's words when it refuses."""

    _tokens: dict[tuple[str, str], str] = {}  # noqa: RUF012  one token a role and stack, made once

    def __init__(self, stack: Stack, role: str = "advisor") -> None:
        key = (stack.url("console"), role)
        if key not in self._tokens:
            self._tokens[key] = stack.inloop("token", "add", "--role", role).strip().splitlines()[-1]
        self.base, self.headers = f"{stack.url('console')}/api/v1/", {"Authorization": f"Bearer {self._tokens[key]}"}

    def get(self, path: str) -> Any:
        """The JSON of a GET."""
        return self._read(httpx.get(self.base + path, headers=self.headers, timeout=20))

    def post(self, path: str, **body: Any) -> Any:
        """The JSON of a POST."""
        return self._read(httpx.post(self.base + path, json=body or None, headers=self.headers, timeout=20))

    def _read(self, answer: httpx.Response) -> Any:
        assert answer.status_code < 300, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.content else None
