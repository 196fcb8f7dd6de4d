# attack: Reads where the first process' memory lies.
# without: capabilities
result = works(lambda: open("/proc/1/maps").read(1)) and open("/proc/1/maps").read(1) != ""
