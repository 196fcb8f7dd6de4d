# attack: Has set-uid programs leave core dumps.
# needs: root, for only root can write it without the sandbox
result = works(lambda: os.close(os.open("/proc/sys/fs/suid_dumpable", os.O_WRONLY)))
