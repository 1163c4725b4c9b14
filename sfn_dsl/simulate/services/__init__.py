"""AWS services in memory, as far as pipelines call them."""
