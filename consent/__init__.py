"""DECIDE: who may change which face. Imports models, numpy, OpenCV, cryptography and the standard library; never app.

Read in this order: `types` (the sealed values), `challenge`, `liveness`, `enrolment`, `gate`; every limit stands in
`policy`, every way to say no in `errors`.
"""
