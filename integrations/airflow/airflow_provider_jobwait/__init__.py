"""Waiting for asynchronous jobs in Airflow, for every provider with a jobwait package."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def get_provider_info() -> dict[str, Any]:
    """What Airflow lists of this package; it asks at every start, so nothing is imported."""

    def module(kind: str) -> list[dict[str, Any]]:
        name = f"airflow_provider_jobwait.{kind}.jobwait"
        return [{"integration-name": "jobwait", "python-modules": [name]}]

    return {
        "package-name": "airflow-provider-jobwait",
        "name": "jobwait",
        "description": "Waits for asynchronous jobs of any provider with a jobwait package.",
        "integrations": [
            {
                "integration-name": "jobwait",
                "external-doc-url": "https://pypi.org/project/jobwait/",
                "tags": ["service"],
            }
        ],
        "operators": module("operators"),
        "sensors": module("sensors"),
        "hooks": module("hooks"),
        "triggers": module("triggers"),
        "connection-types": [
            {
                "connection-type": "jobwait",
                "hook-class-name": "airflow_provider_jobwait.hooks.jobwait.JobwaitHook",
                "hook-name": "jobwait",
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "login", "port"],
                    "relabeling": {"password": "API key", "host": "Base URL"},
                    "placeholders": {"host": "the provider's own, if empty"},
                },
            }
        ],
    }
