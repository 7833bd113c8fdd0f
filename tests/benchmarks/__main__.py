"""``python -m tests.benchmarks``: every benchmark in turn, in full; exits non-zero when one promise is broken."""

import subprocess
import sys

BENCHMARKS = (
    ("verify_page", "--certificates", "10000", "--certificates", "1000000"),
    ("product_page", "--products", "10000", "--products", "1000000"),
    ("over_http", "--rows", "10000", "--rows", "1000000"),
    ("photograph",),
    ("sign_in",),
)


def main() -> int:
    broken = []
    for name, *arguments in BENCHMARKS:
        print(f"\n== {name} {' '.join(arguments)}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *arguments], check=False).returncode:
            broken.append(name)
    print(f"{len(BENCHMARKS) - len(broken)} passed, {len(broken)} failed" + (f": {', '.join(broken)}" if broken else ""))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
