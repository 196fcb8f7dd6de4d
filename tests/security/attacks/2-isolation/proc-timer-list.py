# attack: Reads the kernel's timers, and addresses with them.
# needs: root, for only root can read it without the sandbox
result = works(lambda: open("/proc/timer_list", "rb").close()) and len(open("/proc/timer_list", "rb").read(8)) > 0
