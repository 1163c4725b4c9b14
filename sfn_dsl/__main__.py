"""`python -m sfn_dsl`."""

from sfn_dsl.cli.main import main

main()
