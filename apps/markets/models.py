"""Products, sessions, feeds and candles. The venue is part of every key; a recorded market is a venue of its own."""

from django.db import models

TIMEFRAMES = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "6h": 21600, "1d": 86400}


class Product(models.Model):
    """What can be traded at a venue, with the increments and minimums every order must meet."""

    class Status(models.TextChoices):
        ONLINE = "online", "Online"
        HALTED = "halted", "Halted"
        DELISTED = "delisted", "Delisted"

    venue = models.CharField(max_length=32)
    symbol = models.CharField(max_length=32)  # 'BTC-USD'
    base = models.CharField(max_length=12)
    quote = models.CharField(max_length=12)
    base_increment = models.DecimalField(max_digits=38, decimal_places=18)
    quote_increment = models.DecimalField(max_digits=38, decimal_places=18)  # the price tick
    base_min_size = models.DecimalField(max_digits=38, decimal_places=18)
    quote_min_size = models.DecimalField(max_digits=38, decimal_places=18)  # minimum notional
    status = models.CharField(max_length=10, choices=Status, default=Status.ONLINE)

    class Meta:
        ordering = ["venue", "symbol"]
        constraints = [models.UniqueConstraint(fields=["venue", "symbol"], name="product_once")]

    def __str__(self) -> str:
        return self.symbol


class MarketSession(models.Model):
    """One run of a venue's market. A live venue has one; each playing of a recording is another."""

    venue = models.CharField(max_length=32, db_index=True)
    title = models.CharField(max_length=120)  # 'recorded BTC-USD, February 2020'
    simulated = models.BooleanField(default=True)
    recording = models.CharField(max_length=120, blank=True)
    speed = models.FloatField(default=1)  # market seconds a wall second; 0 = as fast as it settles
    granularity = models.PositiveSmallIntegerField(default=60)  # seconds of the bars that paper orders match
    starts = models.BigIntegerField(default=0)  # market seconds UTC of the first event played
    ends = models.BigIntegerField(default=0)  # market seconds UTC at which the recording ends
    opened = models.DateTimeField(auto_now_add=True)
    closed = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["venue"], condition=models.Q(closed__isnull=True), name="one_open_session_a_venue"
            )
        ]

    def __str__(self) -> str:
        return f"{self.venue} #{self.pk}: {self.title}"


class Feed(models.Model):
    """Where a product's market stands: the last event committed and the last price."""

    product = models.OneToOneField(Product, on_delete=models.CASCADE, related_name="feed")
    session = models.ForeignKey(MarketSession, on_delete=models.CASCADE, related_name="feeds")
    position = models.BigIntegerField(default=0)  # of the last event; see engine.events
    # Up to here its bars are recorded, seconds too where they are matched: what paper orders have met or will meet.
    recorded = models.BigIntegerField(default=0)
    market_time = models.BigIntegerField(default=0)  # seconds UTC: OPEN its time, BAR its close
    price = models.FloatField(null=True)
    updated = models.DateTimeField(null=True)  # wall time of the last event
    heard = models.DateTimeField(null=True)  # wall time at which a live market was last known to be whole
    settled = models.BigIntegerField(default=0)  # position up to which everything has settled (replay)
    late = models.BigIntegerField(default=0)  # events that did not settle in time

    def __str__(self) -> str:
        return f"{self.product} at {self.market_time}"


class Candle(models.Model):
    """A bar of today (market time); a past day is one CandleChunk. A forming bar has only its open."""

    session = models.ForeignKey(MarketSession, on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    timeframe = models.IntegerField()  # seconds
    time = models.BigIntegerField()  # opening time, seconds UTC
    open = models.FloatField()
    high = models.FloatField()
    low = models.FloatField()
    close = models.FloatField()
    volume = models.FloatField()
    closed = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "product", "timeframe", "time"], name="candle_once")]


class CandleChunk(models.Model):
    """A past day of one series as one binary block of CANDLE records (engine.records), in time order."""

    session = models.ForeignKey(MarketSession, on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    timeframe = models.IntegerField()  # seconds
    day = models.DateField()  # UTC
    bars = models.PositiveIntegerField()
    data = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=120)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "product", "timeframe", "day", "revision"], name="candle_chunk_once"
            )
        ]


class SecondChunk(models.Model):
    """One-second bars of a stretch of a series, folded from its trades; seconds without a trade have none."""

    session = models.ForeignKey(MarketSession, on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    time = models.BigIntegerField()  # opening time of the stretch, seconds UTC
    seconds = models.PositiveIntegerField()  # its length: a minute, or an hour that is over
    bars = models.PositiveIntegerField()
    data = models.BinaryField()  # CANDLE records (engine.records), compressed
    sha256 = models.CharField(max_length=64)  # of data

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "product", "time", "seconds"], name="second_chunk_once")
        ]


class SeriesDay(models.Model):
    """How whole a product's live market was on a day (UTC)."""

    session = models.ForeignKey(MarketSession, on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    trades = models.BigIntegerField(default=0)
    minutes = models.PositiveIntegerField(default=0)  # committed, those without a trade too
    empty = models.PositiveIntegerField(default=0)  # minutes in which nobody traded
    backfilled = models.PositiveIntegerField(default=0)  # minutes that came from REST, after the fact
    gaps = models.PositiveIntegerField(default=0)  # times that trades were missing
    lost = models.BigIntegerField(default=0)  # trades that never came; their minutes were backfilled
    duplicates = models.BigIntegerField(default=0)
    late = models.BigIntegerField(default=0)  # trades of a minute that had been closed
    quarantined = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "product", "day"], name="series_day_once")]

    def __str__(self) -> str:
        return f"{self.product} on {self.day}"


class QuarantinedTrade(models.Model):
    """A trade that was not believed: it moved the price far and almost without volume."""

    session = models.ForeignKey(MarketSession, on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    number = models.BigIntegerField()  # the exchange's trade id
    at = models.DateTimeField()
    price = models.DecimalField(max_digits=38, decimal_places=18)
    size = models.DecimalField(max_digits=38, decimal_places=18)
    reference = models.FloatField()  # the price that was believed

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["session", "product", "number"], name="quarantined_once")]

    def __str__(self) -> str:
        return f"{self.product} at {self.price.normalize():f}"


class StreamState(models.Model):
    """A venue's stream: whether operators want it, and how it last said it was doing."""

    venue = models.CharField(max_length=32, unique=True)
    wanted = models.BooleanField(default=True)
    connected = models.BooleanField(default=False)
    since = models.DateTimeField(null=True)  # wall time at which it connected, or lost the connection
    heard = models.DateTimeField(null=True)  # wall time of the last message
    told = models.DateTimeField(null=True)  # wall time at which the stream last wrote this row
    connections = models.PositiveIntegerField(default=0)  # since the process began, as are the next ones
    gaps = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    rate = models.FloatField(default=0)  # messages a second
    lag = models.FloatField(null=True)  # seconds between the exchange's sending and our reading
    trouble = models.CharField(max_length=200, blank=True)  # the last that went wrong
    products = models.JSONField(default=dict)  # what is streamed: by symbol price, bid, ask, traded (seconds), whole

    class Meta:
        permissions = [("switch_stream", "Can start and stop a stream")]

    def __str__(self) -> str:
        return self.venue


class MarketChoice(models.Model):
    """The market that this installation plays, chosen once; the only row."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    market = models.CharField(max_length=32)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(only=True), name="one_market_choice")]

    def __str__(self) -> str:
        return self.market
