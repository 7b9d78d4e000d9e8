"""How much memory processes hold, those that they have started included. Linux only; nothing is known elsewhere."""

from pathlib import Path


def memory_by_root(roots: list[int]) -> dict[int, int]:
    """Bytes in memory of each process and all its descendants; a page that several share is divided among them."""
    parents = {int(path.name): _parent(path) for path in Path("/proc").glob("[0-9]*")}
    totals = dict.fromkeys(roots, 0)
    for pid in parents:
        owner: int | None = pid
        while owner and owner not in totals:
            owner = parents.get(owner)
        if owner:
            totals[owner] += _proportional(pid)
    return totals


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(") ")[2].split()[1])
    except OSError:
        return 0


def _proportional(pid: int) -> int:
    """The resident memory of one process, the part of shared pages that falls to it ('Pss' in proc(5))."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # gone, or somebody else's
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
