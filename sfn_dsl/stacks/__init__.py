"""What is deployed around state machines: one template per pipeline and Region, and the one that all pipelines share."""
