"""Monitoring: what a process knows of itself, and what it tells the other processes.

monitor     Monitor, one per process: canary, report, readiness
subject     the process that is watched, and what is asked of its parts
canary      a listener that is nobody: proof that data gets out
readiness   whether the process can deliver now, and what is wrong if not
account     from the parts of a process to its report
report      Report, bounded in size
reports     where the reports of all processes are
metrics     reports in Prometheus's text format; client_metrics, upstream_metrics, families
overview    reports as the tables of the admin page
"""
