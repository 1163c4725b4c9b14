"""Results of service calls: their shapes, checks and samples."""
