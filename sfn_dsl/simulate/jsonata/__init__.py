"""JSONata 2.0.6 as Step Functions evaluates it."""
