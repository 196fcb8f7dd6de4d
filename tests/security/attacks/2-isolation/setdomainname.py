# attack: Gives the machine another domain.
# without: seccomp, capabilities, user-namespace
result = reaches("setdomainname", b"owned", 5)
