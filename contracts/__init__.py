"""Owns the contract kit: what a target keeps of the API's contract, judged from outside."""
