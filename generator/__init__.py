"""Turns the OpenAPI documents in `specs/` into the packages in `generated/`.

    load → check → shape → parse → emit → format → compare

A pure function from documents to `{path: text}`, then a writer: `python -m generator` writes,
`python -m generator --check` compares. A document with a problem is refused as a whole, with every
problem named, and nothing is written.
"""
