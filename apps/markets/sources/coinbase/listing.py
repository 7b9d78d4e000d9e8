"""What Coinbase lists, as the venue's products."""

import logging
from collections.abc import Collection, Iterable

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.markets.models import Product
from apps.markets.services import product_of, products_upsert
from exchanges.coinbase import records

logger = logging.getLogger("stream")


def listing_store(venue: str, listed: Iterable[records.Product], quotes: Collection[str]) -> None:
    """Brings the venue's products of these quote currencies up to date. What is no longer listed is delisted. Names
    that share another's book are left out: they are the same market."""
    products = []
    for each in listed:
        if each.quote not in quotes or each.kind != "SPOT" or each.alias_of:
            continue
        try:
            sizes = (each.base_increment, each.tick, each.base_min_size, each.min_notional)
            products.append(product_of(venue, each.symbol, sizes, status_of(each)))
        except ValidationError as error:
            logger.warning("product %s is left out: %s", each.symbol, "; ".join(error.messages))
    if products:
        with transaction.atomic():
            products_upsert(products)
            gone = Product.objects.filter(venue=venue, quote__in=quotes)
            gone.exclude(symbol__in=[each.symbol for each in products]).update(status=Product.Status.DELISTED)


def status_store(product: Product, listed: records.Product) -> None:
    """Writes what one product has become."""
    status = status_of(listed)
    if status != product.status:
        logger.info("%s is %s", product, status)
        Product.objects.filter(pk=product.pk).update(status=status)


def status_of(listed: records.Product) -> Product.Status:
    """Online when market orders are taken: bots send no others to enter."""
    if listed.status == "delisted":
        return Product.Status.DELISTED
    return Product.Status.HALTED if listed.flags or listed.status != "online" else Product.Status.ONLINE
