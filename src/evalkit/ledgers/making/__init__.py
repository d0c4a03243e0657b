"""Typed forms become the tables of tables.yml."""
