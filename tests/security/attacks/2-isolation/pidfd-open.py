# attack: Opens a process, to be signalled or read later.
# without: seccomp
result = reaches("pidfd_open", os.getpid(), 0)
