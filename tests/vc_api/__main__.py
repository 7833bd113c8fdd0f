"""``python -m tests.vc_api --port N [--tls]``: the adapter on loopback, for W3C's test suites.

It prints what their ``localConfig.cjs`` takes as one of its ``implementations``: which endpoint is for which suite. With ``--tls``
it has a certificate of its own making, which they don't check: that of status lists fetches no list by plain http, and that of the
data model takes a credential out of its answer (``verifiableCredential``) only over https.
"""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from werkzeug.serving import run_simple

from tests.vc_api.adapter import create_adapter

PLAIN = ["vc2.0", "eddsa-jcs-2022"]
UNDER = {"": PLAIN, "/jwt": ["EnvelopingProof"], "/status-lists": ["BitstringStatusList"]}


def implementation(origin: str, did: str) -> dict[str, Any]:
    """The entry of this adapter; ``did`` is the issuer that credentials are signed for."""

    def listed(act: str) -> list[dict[str, Any]]:
        return [
            {"id": did, "endpoint": f"{origin}{under}/{act}", "options": {}, "tags": tags}
            for under, tags in UNDER.items()
            if act.startswith("credentials") or under != "/status-lists"
        ]

    return {
        "name": "Tianguis",
        "implementation": "Tianguis",
        "issuers": listed("credentials/issue"),
        "verifiers": listed("credentials/verify"),
        "vpVerifiers": listed("presentations/verify"),
    }


def asked(arguments: Sequence[str] | None = None) -> tuple[int, str]:
    """On which port, and at which origin it is reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8400)
    parser.add_argument("--tls", action="store_true")
    said = parser.parse_args(arguments)
    return said.port, f"http{'s' if said.tls else ''}://localhost:{said.port}"


def main() -> None:
    port, origin = asked()
    adapter = create_adapter(origin)
    print(json.dumps(implementation(origin, adapter.extensions["issuer"].did), indent=2), flush=True)
    secure = origin.startswith("https:")
    run_simple("127.0.0.1", port, adapter, threaded=True, ssl_context="adhoc" if secure else None)


if __name__ == "__main__":
    main()
