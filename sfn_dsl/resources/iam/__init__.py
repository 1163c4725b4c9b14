"""What a state machine may do: statements, the states that need them, and whether a call is allowed."""
