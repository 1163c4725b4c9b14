"""What generated machines, rules, functions and tables do when Regions stop, events double and answers are lost: run, and
counted."""
