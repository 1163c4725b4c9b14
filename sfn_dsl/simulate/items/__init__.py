"""Data sets of distributed Maps: readers, batches, writers, and where objects are."""
