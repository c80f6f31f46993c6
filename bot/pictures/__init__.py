"""Pictures of numbers: checked here, drawn in a process of its own that has matplotlib and nothing else."""
