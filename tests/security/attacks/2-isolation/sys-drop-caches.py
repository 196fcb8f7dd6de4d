# attack: Empties the machine's caches.
result = works(lambda: os.close(os.open("/proc/sys/vm/drop_caches", os.O_WRONLY)))
