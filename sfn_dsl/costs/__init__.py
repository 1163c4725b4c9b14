"""What a pipeline costs and how long it takes: expected by simulation, at worst by its time-outs."""
