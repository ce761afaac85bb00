"""One module per question; each has `ask(effort)`, which returns what was found."""
