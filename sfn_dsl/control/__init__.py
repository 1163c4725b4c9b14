"""The run ledger: control table, claim, stage marks, re-run."""
