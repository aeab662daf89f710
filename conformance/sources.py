"""Where recordings come from: source distributions of the Azure SDK, and folders."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs

DISTRIBUTIONS = (
    ("azure-mgmt-compute", "12.0.0"),
    ("azure-mgmt-compute", "17.0.0"),
    ("azure-mgmt-compute", "20.0.0"),
    ("azure-mgmt-compute", "22.1.0"),
    ("azure-mgmt-compute", "23.1.0"),
    ("azure-mgmt-network", "17.1.0"),
    ("azure-mgmt-network", "19.3.0"),
    ("azure-mgmt-resource", "15.0.0"),
)
"""Versions whose source distributions carry recordings of the real Azure, with no secrets in them."""

SHARED = Path(__file__).resolve().parents[2] / "shared" / "recordings"
"""More recordings, where a checkout has them beside it."""


class SourceMissing(Exception):
    """Recordings that cannot be had. The message says what to do."""


def cache() -> Path:
    """Where downloads are kept: in the user's cache, never in the checkout."""
    return platformdirs.user_cache_path("azjobs") / "conformance"


def distributions() -> Iterator[tuple[str, Path]]:
    """Every recording in the source distributions, with its name; downloads what is not there yet.

    Raises:
        SourceMissing: A source distribution cannot be downloaded.
    """
    for package, version in DISTRIBUTIONS:
        folder = _unpacked(package, version)
        for path in sorted(folder.rglob("*.yaml")):
            yield f"{package.removeprefix('azure-mgmt-')}-{version}/{path.stem}", path


def in_folder(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every recording in a folder and below it, with its name.

    Raises:
        SourceMissing: There is no such folder, or no recording in it.
    """
    found = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in (".json", ".yaml", ".yml")]
    if not found:
        raise SourceMissing(f"There is no recording (*.json, *.yaml) in {folder}: name a folder that has some.")
    for path in found:
        yield str(path.relative_to(folder)), path


def _unpacked(package: str, version: str) -> Path:
    folder = cache() / f"{package}-{version}"
    if not folder.is_dir():
        draft = folder.with_name(f"{folder.name}.{os.getpid()}")
        _extract(_download(package, version), draft)
        draft.rename(folder)
    return folder


def _download(package: str, version: str) -> Path:
    """Fetch a source distribution with pip. Pip looks at its metadata for that, and builds nothing else."""
    folder = cache() / "sdists"
    folder.mkdir(parents=True, exist_ok=True)
    found = _sdist(folder, package, version)
    if found is not None:
        return found
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", ":all:", "--dest", str(folder), f"{package}=={version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    found = _sdist(folder, package, version)
    if found is None:
        reason = next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), "pip did not say why")
        raise SourceMissing(
            f"The source distribution {package} {version} cannot be downloaded ({reason}). "
            "Is a package index reachable?"
        )
    return found


def _sdist(folder: Path, package: str, version: str) -> Path | None:
    names = (package, package.replace("-", "_"))
    candidates = (folder / f"{name}-{version}{suffix}" for name in names for suffix in (".zip", ".tar.gz"))
    return next((path for path in candidates if path.is_file()), None)


def _extract(archive: Path, folder: Path) -> None:
    """Take the recordings, and nothing else, out of a source distribution."""
    folder.mkdir(parents=True, exist_ok=True)
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            for name in filter(_is_recording, packed.namelist()):
                (folder / Path(name).name).write_bytes(packed.read(name))
        return
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            file = tar.extractfile(member) if member.isfile() and _is_recording(member.name) else None
            if file is not None:
                (folder / Path(member.name).name).write_bytes(file.read())


def _is_recording(name: str) -> bool:
    return "/recordings/" in name and name.endswith(".yaml")
