"""Real recorded markets that come with the project; NOTICE.md names their origin and licence."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

FOLDER = Path(__file__).parent
DAY = 86_400
VENUE = "replay"  # where recordings are played


@dataclass(frozen=True)
class Listing:
    """A product of a recording: its one-minute candles and how the exchange lets it trade. ``starts`` and ``ends``
    (seconds UTC) span its bars, for pages that must not open the file."""

    symbol: str
    file: Path
    starts: int
    ends: int
    base_increment: Decimal
    quote_increment: Decimal
    base_min_size: Decimal
    quote_min_size: Decimal


@dataclass(frozen=True)
class Recording:
    """``history`` seconds at its start are not played: charts and strategies begin warm."""

    key: str
    title: str
    listings: tuple[Listing, ...]
    history: int = DAY


RECORDINGS = {
    recording.key: recording
    for recording in [
        Recording(
            key="coinbase_BTC-USD_1m_2020-02",
            title="recorded BTC-USD, February 2020",
            listings=(
                Listing(
                    symbol="BTC-USD",
                    file=FOLDER / "coinbase_BTC-USD_1m_2020-02.parquet",
                    starts=1_581_292_800,
                    ends=1_581_897_600,
                    base_increment=Decimal("0.00000001"),
                    quote_increment=Decimal("0.01"),
                    base_min_size=Decimal("0.00000001"),
                    quote_min_size=Decimal(1),
                ),
            ),
        ),
    ]
}
DEFAULT = "coinbase_BTC-USD_1m_2020-02"
