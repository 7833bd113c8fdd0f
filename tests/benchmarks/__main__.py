"""``python -m tests.benchmarks [--short]``: every benchmark in turn; exits non-zero when one promise is broken.

In short, a machine that was too restless for a verdict breaks nothing.
"""

import argparse
import subprocess
import sys

NO_VERDICT = 2
BENCHMARKS = {
    "verify_page": ["--certificates", "10000", "--certificates", "1000000"],
    "product_page": ["--products", "10000", "--products", "1000000"],
    "over_http": ["--rows", "10000", "--rows", "1000000"],
    "photograph": [],
    "sign_in": [],
    "issue": [],
    "log": [],
    "memory": [],
}
SHORT = {
    "verify_page": ["--certificates", "10000"],
    "over_http": ["--rows", "10000", "--short"],
    "photograph": ["--short"],
    "sign_in": ["--pairs", "40"],
    "issue": ["--short"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the form that `make test` runs")
    short = parser.parse_args().short
    chosen = SHORT if short else BENCHMARKS
    allowed = (0, NO_VERDICT) if short else (0,)
    broken = []
    for name, arguments in chosen.items():
        print(f"\n== {name} {' '.join(arguments)}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *arguments], check=False).returncode not in allowed:
            broken.append(name)
    print(f"{len(chosen) - len(broken)} passed, {len(broken)} failed" + (f": {', '.join(broken)}" if broken else ""))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
