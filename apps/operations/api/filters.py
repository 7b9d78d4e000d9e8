"""Parameters of addresses: a name that nothing reads is refused, for a misspelt filter would show everything."""

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGING = {"cursor", "limit"}


def check_names(request: Request, known: set[str]) -> None:
    """Raises ValidationError for a parameter of the address that is not one of ``known``."""
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        rule = f"must be one of {', '.join(sorted(known))}" if known else "must not be given: this takes no parameters"
        raise ValidationError(dict.fromkeys(unknown, f"the parameter's name {rule}"))
