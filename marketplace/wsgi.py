"""What a server process loads; settings come from its environment, and unsafe ones end it with a sentence."""

from marketplace.serving import real_app

app = real_app()
