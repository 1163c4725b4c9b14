"""What shows that AWS's interpreter is written in Java: texts and random numbers."""
