"""``python -m tests.vc_api --port N``: the adapter on loopback, for W3C's test suites."""

import argparse

from werkzeug.serving import run_simple

from tests.vc_api.adapter import create_adapter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8400)
    port = parser.parse_args().port
    adapter = create_adapter(f"http://localhost:{port}")
    print(f"issuer {adapter.extensions['issuer'].did} at http://localhost:{port}/credentials/issue", flush=True)
    run_simple("127.0.0.1", port, adapter, threaded=True)


if __name__ == "__main__":
    main()
