"""The pages of the console: one view and one template each."""

from bot.console.pages import accessibility, account, audit, case, check, directory, queue, sign_in, sites, stream, users

ROUTERS = tuple(page.router for page in (sign_in, queue, case, check, sites, users, directory, audit, account, accessibility, stream))
