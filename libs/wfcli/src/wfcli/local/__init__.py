"""What stands on one machine when no cluster does.

`workflow-cli dev` and the tests start the real NATS server, the real PostgreSQL and the services
themselves here. Nothing is mocked and nothing is installed outside the given folder.
"""
