"""`python manage.py wait_for_jobs`: wait for the jobs of all documents that have none ended."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from docurift_client import Client

from docs.recipes.django_shop.models import Document
from jobwait import Checkpoint


class Command(BaseCommand):
    """Wait for jobs; after a crash, the same command goes on."""

    help = "Wait for the jobs of all documents, and store how each of them ended."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file that remembers the waits."""
        parser.add_argument("--checkpoint", default="waits.db")

    def handle(self, *args: Any, **options: Any) -> None:
        """Wait, and store each outcome as soon as it is known."""
        documents = Document.objects.filter(outcome__isnull=True).values_list("job_id", flat=True)
        base_url = os.environ.get("DOCURIFT_URL")
        with Client(base_url=base_url) as client, Checkpoint(options["checkpoint"]) as checkpoint:
            for outcome in checkpoint.as_completed(client.jobs, list(documents), timeout=3600):
                document = Document.objects.filter(job_id=outcome.job_id)
                document.update(outcome=outcome.to_dict())
                self.stdout.write(f"{outcome.job_id} {outcome.kind}")
