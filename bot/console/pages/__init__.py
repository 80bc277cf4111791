"""The pages of the console: one view and one template each."""

from bot.console.pages import accessibility, account, audit, case, check, directory, place, queue, sign_in, sites, stream, users, work_account

_PAGES = (work_account, sign_in, queue, case, check, sites, users, directory, place, audit, account, accessibility, stream)
ROUTERS = tuple(page.router for page in _PAGES)
