"""An app of Django's with jobs."""
