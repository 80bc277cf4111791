"""Figures for Prometheus: counts by channel, never a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

REGISTRY = CollectorRegistry()
_MESSAGES = Counter("inloop_messages", "Messages by what became of them", ["event", "channel"], registry=REGISTRY)


def counted(event: str, channel: str) -> None:
    """Count one: received, sent, failed (a try), found (sent in an earlier try), resent (on Telegram perhaps a second copy)."""
    _MESSAGES.labels(event, channel).inc()
