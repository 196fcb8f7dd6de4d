# attack: Has addresses no longer vary.
result = works(lambda: os.close(os.open("/proc/sys/kernel/randomize_va_space", os.O_WRONLY)))
