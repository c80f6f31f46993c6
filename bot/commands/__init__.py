"""One file a command family; `registry.py` lists them all."""
