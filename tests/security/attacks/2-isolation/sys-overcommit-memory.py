# attack: Lets all memory be promised.
# needs: root, for only root can write it without the sandbox
result = works(lambda: os.close(os.open("/proc/sys/vm/overcommit_memory", os.O_WRONLY)))
