"""Documents, each with the job that reads it."""

from __future__ import annotations

from django.db import models


class Document(models.Model):
    """A document that was sent to DocuRift."""

    job_id: models.CharField[str, str] = models.CharField(max_length=200, unique=True)
    outcome = models.JSONField(null=True)
    """How the job ended; null while it has not."""

    class Meta:
        """Where it belongs."""

        app_label = "django_shop"
