"""The pages of the console: one view and one template each."""

from bot.console.pages import (
    accessibility,
    account,
    aftercare,
    appointments,
    audit,
    bridge,
    case,
    check,
    directory,
    match,
    notes,
    notices,
    place,
    profile,
    queue,
    sign_in,
    sites,
    stream,
    translation,
    users,
    voice,
    work_account,
)

_PAGES = (
    translation, voice,
    bridge, appointments, aftercare, notes, notices, profile, match, work_account, sign_in, queue, case, check, sites,
    users, directory, place, audit, account, accessibility, stream,
)  # fmt: skip
ROUTERS = tuple(page.router for page in _PAGES)
