"""The arrays of a result as one compressed block that names its own columns (NumPy's .npz)."""

from io import BytesIO

import numpy as np

POINT = np.dtype(
    [
        ("time", "i8"),  # close of the last bar that it stands for, seconds UTC
        ("equity", "f8"),
        ("hold", "f8"),  # what the same cash would be worth in the market, without fees
        ("depth", "f8"),  # deepest fall below the peak in these bars, ratio
    ]
)


def pack(**arrays: np.ndarray) -> bytes:
    out = BytesIO()
    np.savez_compressed(out, allow_pickle=False, **arrays)
    return out.getvalue()


def unpack(data: bytes) -> dict[str, np.ndarray]:
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
