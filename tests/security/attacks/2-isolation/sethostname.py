# attack: Gives the machine another name.
# without: seccomp, capabilities, user-namespace
result = reaches("sethostname", b"owned", 5)
