"""What commands check, sign and reconcile by is declared where they run, and a server that answers pages loads none of it."""

import json
import subprocess
import sys

CHECKS = ["alembic", "certification.log.adopting", "certification.log.fsck", "certification.registry.reconciling"]
POSTGRESQL = "sqlalchemy.dialects.postgresql"


def told(code: str) -> object:
    """What a fresh interpreter says."""
    return json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def test_a_command_and_the_signer_know_every_concept_with_leaves() -> None:
    names = "import json, marketplace.cli; from certification.log import adopting as a, fsck as f; "
    assert told(f"{names}print(json.dumps([sorted(f.SOURCES), sorted(a.FOLLOWERS)]))") == [
        ["acts", "keys", "operations", "rehooks", "schemes"],
        ["certificates", "keys", "schemes"],
    ]


def test_a_server_loads_nothing_that_only_commands_use() -> None:
    loaded = "import json, sys, {}; print(json.dumps([one for one in {!r} if one in sys.modules]))"
    assert told(loaded.format("marketplace.serving", [*CHECKS, POSTGRESQL])) == []
    assert told(loaded.format("marketplace.cli", CHECKS)) == CHECKS
