"""Closed forms, one file a family: sizes, parameters and multiply-adds, each as a worked line."""
