"""Puts the operators' site in the place of Django's own admin site (named in INSTALLED_APPS)."""

from django.contrib.admin.apps import AdminConfig


class OperatorAdminConfig(AdminConfig):
    default_site = "apps.operations.site.OperatorSite"
