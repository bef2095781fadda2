"""How much room is left on a disk, and how much has to be."""

import shutil
from pathlib import Path

LEAST_FREE, LITTLE_FREE = 100 << 20, 1 << 30


def free_bytes(folder: Path) -> int:
    """What is free on the disk of a folder that may not exist yet."""
    return shutil.disk_usage(next(path for path in (folder, *folder.absolute().parents) if path.exists())).free
