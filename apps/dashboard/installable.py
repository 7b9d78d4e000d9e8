"""The platform as an installable app: its manifest, its service worker and the page it shows offline."""

import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.csp import CSP
from django.views.decorators.cache import cache_control
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

NAME, COLOUR = "Tradingsite", "#0B0D10"
WORKER_CSP = {"default-src": [CSP.NONE], "connect-src": [CSP.SELF]}
# What every page and the offline page need. Public files alone: whoever opens this browser next may read them.
SHELL = (
    "css/site.css", "js/app.js", "js/shell.js", "js/live.js", "img/icons.svg", "img/mark.svg", "img/app/icon-192.png",
)  # fmt: skip
ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("maskable-512.png", "512x512", "maskable"),
    ("monochrome-512.png", "512x512", "monochrome"),
)
SCREENSHOTS = (
    ("overview-wide.png", "1280x800", "wide", "Overview: equity, bots and their reasons, on a recorded market"),
    ("conditions-narrow.png", "390x844", "narrow", "Market Conditions: why each bot does not trade now"),
)
SHORTCUTS = (
    ("Positions", "portfolio:positions"),
    ("Bots", "bots:list"),
    ("Market Conditions", "bots:conditions"),
    ("Risk", "risk:halts"),
)


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    content = {
        "id": "/",
        "name": NAME,
        "short_name": NAME,
        "description": "Automated crypto trading with bots that explain every decision, on paper first.",
        "lang": "en",
        "dir": "ltr",
        "start_url": f"{reverse('dashboard:overview')}?source=pwa",
        "scope": "/",
        "display": "standalone",
        "display_override": ["standalone", "minimal-ui"],
        "orientation": "any",
        "theme_color": COLOUR,
        "background_color": COLOUR,
        "categories": ["finance"],
        "icons": [_picture(name, sizes, purpose=purpose) for name, sizes, purpose in ICONS],
        "screenshots": [
            _picture(name, sizes, form_factor=form, label=label) for name, sizes, form, label in SCREENSHOTS
        ],
        "shortcuts": [
            {"name": name, "url": reverse(address), "icons": [_picture(ICONS[0][0], ICONS[0][1])]}
            for name, address in SHORTCUTS
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")


def _picture(name: str, sizes: str, **more: str) -> dict[str, str]:
    return {"src": static(f"img/app/{name}"), "sizes": sizes, "type": "image/png", **more}


@login_not_required
@require_safe
@csp_override(WORKER_CSP)
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """static/js/sw.js with what it keeps. Its text differs as soon as any of that does: browsers then fetch it anew."""
    offline = reverse("dashboard:offline")
    kept = {"version": _version(), "offline": offline, "files": [offline, *(static(name) for name in SHELL)]}
    source = (settings.BASE_DIR / "static" / "js" / "sw.js").read_text()
    answer = HttpResponse(f"const SHELL = {json.dumps(kept)};\n{source}", content_type="text/javascript; charset=utf-8")
    answer["Service-Worker-Allowed"] = "/"
    return answer


def _version() -> str:
    content = hashlib.blake2b(_offline_page().encode(), digest_size=8)
    for name in SHELL:
        found = finders.find(name)
        assert found, f"{name} is no static file"
        content.update(name.encode() + Path(found).read_bytes())
    return content.hexdigest()


@login_not_required
@require_safe
@cache_control(no_cache=True)
def offline(request: HttpRequest) -> HttpResponse:
    """Kept by the service worker: nothing of any user, no figures."""
    return HttpResponse(_offline_page())


def _offline_page() -> str:
    return render_to_string("offline.html")
