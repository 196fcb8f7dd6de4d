# attack: Asks for a key, which may start a program of the host.
# without: seccomp
result = reaches("request_key", b"user", b"replique-none", 0, 0)
