"""Fuzzing of whatever reads what strangers send; see targets.py, and `make fuzz`."""
