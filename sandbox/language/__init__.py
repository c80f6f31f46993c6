"""The layer language: one line of text becomes a `Pipeline`, and formulas say what comes out of it.

Nothing here imports torch. Torch's own answer comes from a worker; this package is the second opinion.
"""
