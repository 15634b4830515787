"""Tests of the documentation: its code, its commands and its site."""
