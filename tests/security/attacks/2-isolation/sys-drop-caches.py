# attack: Empties the machine's caches.
# needs: root, for only root can write it without the sandbox
result = works(lambda: os.close(os.open("/proc/sys/vm/drop_caches", os.O_WRONLY)))
