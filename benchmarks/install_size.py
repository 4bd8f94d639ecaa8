"""How many megabytes bgremove and what it depends on take in a fresh environment, no extras.

Run: python benchmarks/install_size.py [WHEEL or CHECKOUT]
"""

import argparse
import subprocess
import tempfile
import venv
from importlib.metadata import Distribution, distributions
from pathlib import Path

from _common import machine, say, table

CHECKOUT = Path(__file__).resolve().parent.parent
NOT_OURS = ("pip", "setuptools")
SHOWN = 10
MEGABYTE = 1_000_000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", default=str(CHECKOUT), help="a wheel or a checkout")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sizes = installed_sizes(options.what, Path(folder))
    largest = sorted(sizes, key=lambda name: sizes[name], reverse=True)[:SHOWN]
    say(machine())
    say(f"{options.what}: {sum(sizes.values()) / MEGABYTE:.1f} MB in {len(sizes)} packages\n")
    lines = [[name, f"{sizes[name] / MEGABYTE:.1f}"] for name in largest]
    say(table([["package", "MB"], *lines]))


def installed_sizes(what: str, folder: Path) -> dict[str, int]:
    """Install something into a fresh environment; give each package's bytes."""
    venv.create(folder, with_pip=True)
    python = next(
        path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists()
    )
    subprocess.run([python, "-m", "pip", "install", "--quiet", what], check=True)
    (site_packages,) = folder.glob("[Ll]ib/**/site-packages")
    return {
        package.name: size_of(package)
        for package in distributions(path=[str(site_packages)])
        if package.name not in NOT_OURS
    }


def size_of(package: Distribution) -> int:
    """Sum up a package's files, compiled ones included."""
    paths = [Path(str(file.locate())) for file in package.files or ()]
    return sum(path.stat().st_size for path in paths if path.exists())


if __name__ == "__main__":
    main()
