"""Judge everything that is booked."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic.models import Session, Site
from clinic.services import diary_check


class Command(BaseCommand):
    """Say which booked sessions break a rule; end with 1 when there are any."""

    help = "Judge everything that is booked by the rule book, and say in sentences what is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read which site, if not all."""
        parser.add_argument("--site", help="name of a site; all when left out")

    def handle(self, *, site: str | None, **options: Any) -> None:
        """Judge, and report."""
        now = timezone.now()
        sites = list(Site.objects.filter(name=site) if site else Site.objects.all())
        if site and not sites:
            raise CommandError(f"There is no site {site!r}.")
        findings = [finding for one in sites for finding in diary_check.broken_rules(one, now=now)]
        findings += diary_check.wrong_cells(now=now)
        for finding in findings:
            self.stdout.write(str(finding))
        if findings:
            raise CommandError(f"{len(findings)} things are wrong in the diary; they stand above.", returncode=1)
        count = Session.objects.filter(site__in=sites).count()
        where = sites[0].name if len(sites) == 1 else f"{len(sites)} sites"
        self.stdout.write(f"Sessions at {where}: {count}. Every rule is kept.")
