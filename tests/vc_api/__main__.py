"""``python -m tests.vc_api --port N``: the adapter on loopback, for W3C's test suites.

It prints what their ``localConfig.cjs`` takes as one of its ``implementations``: which endpoint is for which suite.
"""

import argparse
import json
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8400)
    port = parser.parse_args().port
    origin = f"http://localhost:{port}"
    adapter = create_adapter(origin)
    print(json.dumps(implementation(origin, adapter.extensions["issuer"].did), indent=2), flush=True)
    run_simple("127.0.0.1", port, adapter, threaded=True)


if __name__ == "__main__":
    main()
