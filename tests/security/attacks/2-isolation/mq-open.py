# attack: Has a queue of the system.
# without: seccomp
result = reaches("mq_open", b"replique", 0o102, 0o600, 0)
