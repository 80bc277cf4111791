"""Rasa without TensorFlow: our pipeline uses none of it, yet importing it costs 260 MB and 6 seconds.

Rasa imports its neural components wherever it imports anything. Names of TensorFlow are answered by hollow classes, good for
being subclassed and for decorating, so that those imports succeed; a component that would really need it is refused by `install`.
"""

from __future__ import annotations

import sys
from collections.abc import MutableSequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

_HOLLOW = ("tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras")
_NEEDS_NONE = ("bot.rasa.", "RulePolicy")


class _HollowType(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _HollowType(name, (_Hollow,), {})


class _Hollow(metaclass=_HollowType):
    """Stands for any class, function or decorator of TensorFlow while modules are imported."""

    def __new__(cls, *args: Any, **_: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __init_subclass__(cls, **_: Any) -> None: ...

    def __call__(self, function: Any = None, *_: Any, **__: Any) -> Any:
        return function

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Hollow


class _HollowModule(ModuleType):
    __path__: MutableSequence[str] = []  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = _HollowType(name, (_Hollow,), {"__module__": self.__name__})
        setattr(self, name, found)
        return found


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if fullname.partition(".")[0] in _HOLLOW else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _HollowModule(spec.name)

    def exec_module(self, module: ModuleType) -> None: ...


def heavy(config: Path) -> list[str]:
    """Components and policies of a config file that may need TensorFlow."""
    found = yaml.safe_load(config.read_text(encoding="utf-8"))
    names = [part["name"] for part in (found.get("pipeline") or []) + (found.get("policies") or [])]
    return [name for name in names if not name.startswith(_NEEDS_NONE)]


def install(config: Path) -> bool:
    """Keep TensorFlow out of this process, unless the config needs it or it is in already; says whether it is out."""
    if "tensorflow" in sys.modules or heavy(config):
        return isinstance(sys.modules.get("tensorflow"), _HollowModule)
    sys.meta_path.insert(0, _Finder())
    return True
