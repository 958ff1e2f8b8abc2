"""The project: settings and composition, no logic."""
