# attack: Has addresses no longer vary.
# needs: root, for only root can write it without the sandbox
result = works(lambda: os.close(os.open("/proc/sys/kernel/randomize_va_space", os.O_WRONLY)))
