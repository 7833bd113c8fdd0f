"""What a server process loads; settings come from its environment."""

from marketplace.app import create_app

app = create_app()
