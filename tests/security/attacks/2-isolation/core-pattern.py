# attack: Has the host run a program when something crashes.
# needs: root, for only root can write it without the sandbox
result = works(lambda: os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY)))
