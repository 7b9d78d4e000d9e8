"""Answering with a page, or with the one part of it that a refresh asks for."""

import hashlib
from collections.abc import Mapping
from functools import cache
from types import FunctionType
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

NO_FRAGMENTS: Mapping[str, str] = {}


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    fragments: Mapping[str, str] = NO_FRAGMENTS,
    status: int = 200,
) -> HttpResponse:
    """Renders ``template``; with ?fragment=NAME only the partial of that name, which the page itself includes.

    A function in ``context`` is called when a template first asks for its value, and then never again. A page that
    polls gets 304 while nothing changed.
    """
    context = {
        key: cache(value) if isinstance(value, FunctionType) else value for key, value in (context or {}).items()
    }
    name = request.GET.get("fragment")
    if name is None:
        return render(request, template, context, status=status)
    if name not in fragments:
        raise Http404(f"this page has no part {name!r}")
    # That a form is wrong was the page's answer; its parts are refreshed all the same.
    return conditional(request, render(request, fragments[name], context))


def conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response with an ETag of its content; 304 when the reader has it already."""
    etag = quote_etag(hashlib.blake2b(response.content, digest_size=12).hexdigest())
    answer = get_conditional_response(request, etag=etag, response=response) or response
    answer["ETag"] = etag
    return answer
