# attack: Reads the kernel's timers, and addresses with them.
result = works(lambda: open("/proc/timer_list", "rb").close()) and len(open("/proc/timer_list", "rb").read(8)) > 0
