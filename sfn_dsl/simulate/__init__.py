"""A world in which definitions run on a virtual clock: executions, services, Regions, faults.

`simulation` runs one definition, `world` several executions in several Regions, `matrix` every task with every error.
"""
