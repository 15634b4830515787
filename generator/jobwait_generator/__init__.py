"""Turns OpenAPI documents into packages: those in `specs/` into `generated/`, or any other.

    load → overlay → prune → normalise → model → check → parse → emit → format → compare

A pure function from documents to `{path: text}`, then a writer: `jobwait-generate` writes what
is not up to date, `jobwait-generate check` makes everything and compares. A document with a
problem is refused as a whole, with every problem named, and nothing is written.
"""
