"""Secrets at rest: encryption and keyed hashes from INLOOP_SECRET_KEY (a list, newest first)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Vault:
    """Encrypts texts and hashes addresses; old keys still open what they closed."""

    def __init__(self, keys: list[str]) -> None:
        if not keys or any(len(key) < 16 for key in keys):
            raise ValueError("INLOOP_SECRET_KEY needs at least one key of 16 characters or more")
        self._secrets = [hashlib.sha256(key.encode()).digest() for key in keys]
        self._box = MultiFernet([Fernet(base64.urlsafe_b64encode(secret)) for secret in self._secrets])

    def close(self, text: str | None) -> bytes | None:
        """Encrypt a text; None stays None."""
        return None if text is None else self._box.encrypt(text.encode())

    def open(self, sealed: bytes | None) -> str | None:
        """Decrypt what `close` made; None stays None. Raises ValueError when no key fits."""
        if sealed is None:
            return None
        try:
            return self._box.decrypt(sealed).decode()
        except InvalidToken:
            raise ValueError("no key in INLOOP_SECRET_KEY opens this; was an old key taken out?") from None

    def close_bytes(self, content: bytes) -> bytes:
        """Encrypt a file."""
        return self._box.encrypt(content)

    def open_bytes(self, sealed: bytes) -> bytes:
        """Decrypt a file."""
        return self._box.decrypt(sealed)

    def close_json(self, value: Any) -> bytes:
        """Encrypt a JSON value."""
        return self._box.encrypt(json.dumps(value, ensure_ascii=False).encode())

    def open_json(self, sealed: bytes | None) -> Any:
        """Decrypt a JSON value; None stays None."""
        text = self.open(sealed)
        return None if text is None else json.loads(text)

    def hashes(self, value: str) -> list[str]:
        """Keyed hashes of a value, one per key, newest first: look up by all, store the first."""
        return [hmac.new(secret, value.encode(), hashlib.sha256).hexdigest() for secret in self._secrets]

    def hash(self, value: str) -> str:
        """The keyed hash to store."""
        return self.hashes(value)[0]
