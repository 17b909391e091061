"""What every service needs to live: a bus, settings, a life from start to drain, telemetry.

Comes in: settings from the environment, messages from NATS. Goes out: messages, metrics, log lines. Keeps: nothing.
"""
