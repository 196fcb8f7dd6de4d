# attack: Has set-uid programs leave core dumps.
result = works(lambda: os.close(os.open("/proc/sys/fs/suid_dumpable", os.O_WRONLY)))
