# attack: Ends the machine (with a wrong magic number, to be safe).
# without: seccomp, capabilities, user-namespace
result = reaches("reboot", 0, 0, 0, 0)
