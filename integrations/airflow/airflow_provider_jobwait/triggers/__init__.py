"""As Airflow's own providers have it: one module for each service."""
