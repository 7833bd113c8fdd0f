"""What a server process loads; settings come from its environment, and unsafe ones end it with a sentence."""

import gc

gc.disable()  # what imports make stays: looking for garbage in between is a tenth of their time

from marketplace.serving import real_app  # noqa: E402 - after the line above, which is for it

app = real_app()
gc.enable()
gc.freeze()  # no later collection walks what stands by now; next to none of it is garbage
