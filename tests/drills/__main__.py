"""``python -m tests.drills [--short]``: every drill in turn; exits non-zero when one promise is broken."""

import argparse
import subprocess
import sys

DRILLS = ("uploads", "deciders", "crash", "injection", "retries", "mutation", "restore", "fork")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the form that `make test` runs")
    short = ["--short"] if parser.parse_args().short else []
    broken = []
    for name in DRILLS:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.drills.{name}", *short], check=False).returncode:
            broken.append(name)
    print(f"{len(DRILLS) - len(broken)} passed, {len(broken)} failed" + (f": {', '.join(broken)}" if broken else ""))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
