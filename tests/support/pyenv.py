"""A Python environment with the packages of PyPI that tests compare weft with, at the versions pinned below.

It is made by the first test that needs it and shared by all; a lock lets the others wait for it.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import venv

PACKAGES = ("numpy==2.2.6", "ml_dtypes==0.5.4")
PIP_SECONDS = 480  # a slow mirror; the tests have less than this left of their limit otherwise


def _make(folder, wanted):
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True)
    except (subprocess.CalledProcessError, OSError) as cause:
        sys.exit(f"{sys.executable} cannot make an environment in {folder} (Debian: package python3-venv): {cause}")
    pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", *PACKAGES]
    try:
        done = subprocess.run(pip, capture_output=True, text=True, timeout=PIP_SECONDS, check=False)
        failed, said = done.returncode != 0, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        failed, said = True, f"it did not end in {PIP_SECONDS} s"
    if failed:
        sys.exit(f"pip cannot install {' and '.join(PACKAGES)} from PyPI, which this test compares weft with; pip says:\n{said}")
    (folder / "complete").write_text(wanted)


def enter(folder):
    """Goes on in the environment: returns if this is it, else starts this program anew with its Python."""
    folder = pathlib.Path(folder).absolute()
    if pathlib.Path(sys.prefix) == folder:
        return
    wanted = "\n".join((sys.version, *PACKAGES))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = folder / "complete"
        if not complete.is_file() or complete.read_text() != wanted:
            _make(folder, wanted)
    python = str(folder / "bin/python")
    os.execv(python, [python, *sys.argv])
