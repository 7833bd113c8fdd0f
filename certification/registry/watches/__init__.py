"""Watches: mail to whoever asked for it when one label's public state changes. No account; one click ends it."""
