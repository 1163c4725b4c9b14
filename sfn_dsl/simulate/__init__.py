"""A world in which definitions run on a virtual clock: executions, services, Regions, faults."""
