# attack: Opens a process, to be signalled or read later.
result = reaches("pidfd_open", os.getpid(), 0)
