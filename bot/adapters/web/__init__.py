"""The web page: a channel in a browser, with nothing to install and nothing from elsewhere."""

from bot.adapters.web.client import create_app

__all__ = ["create_app"]
