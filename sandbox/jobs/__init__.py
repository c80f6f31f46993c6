"""What a worker can do. Only modules in this package (and the zygote) import torch."""
