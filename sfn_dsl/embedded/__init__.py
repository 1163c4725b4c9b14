"""An AWS of one's own, for trying and for tests: moto in a child process, behind a layer that answers for Step Functions itself."""
