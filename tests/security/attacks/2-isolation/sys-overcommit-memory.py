# attack: Lets all memory be promised.
result = works(lambda: os.close(os.open("/proc/sys/vm/overcommit_memory", os.O_WRONLY)))
