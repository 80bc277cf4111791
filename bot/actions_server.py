"""Serves actions/ to Rasa: rasa-sdk's executor behind a server that logs and returns no text of a person."""

from __future__ import annotations

import logging

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionMissingDomainException, ActionNotFoundException

from bot import logs

log = logging.getLogger("inloop.actions")


def create_app() -> FastAPI:
    """POST /webhook as Rasa calls it (rasa.com/docs/action-server), GET /health."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    executor = ActionExecutor()
    executor.register_package("actions")

    @app.post("/webhook")
    async def webhook(request: Request) -> JSONResponse:
        try:
            call = await request.json()
        except ValueError:
            call = None
        if not isinstance(call, dict):
            return JSONResponse({"error": "not a call of Rasa"}, 400)
        try:
            result = await executor.run(call)
        except ActionExecutionRejection as wrong:
            return JSONResponse({"error": "rejected", "action_name": wrong.action_name}, 400)
        except ActionNotFoundException as wrong:
            return JSONResponse({"error": "no such action", "action_name": wrong.action_name}, 404)
        except ActionMissingDomainException as wrong:
            return JSONResponse({"error": "domain wanted", "action_name": wrong.action_name}, 449)
        except Exception as wrong:  # what an action says in its error may hold a person's words: only its type is told
            log.error("%s failed: %s", call.get("next_action"), _where(wrong))
            return JSONResponse({"error": type(wrong).__name__, "action_name": call.get("next_action")}, 500)
        return JSONResponse(result.model_dump() if result else None)

    @app.get("/health")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return app


def _where(wrong: Exception) -> str:
    """The type of an error and the last line of ours it passed."""
    place = wrong.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return (
        f"{type(wrong).__name__} at {place.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{place.tb_lineno}"
        if place
        else type(wrong).__name__
    )


def serve(host: str, port: int) -> None:
    """Run until stopped."""
    logs.set_up("actions")
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)
    uvicorn.run(create_app(), host=host, port=port, ws="none", log_config=None, access_log=False)
