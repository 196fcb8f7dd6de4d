# attack: Leaves a file in a folder of the system.
# without: read-only
places = ["/", "/usr", "/usr/bin", "/etc", "/dev", "/replique", "/home", sys.prefix, os.path.dirname(os.__file__), "/proc/sys/kernel"]
def write(place): os.close(os.open(os.path.join(place, "left-behind"), os.O_CREAT | os.O_WRONLY))
result = any(works(lambda: write(place)) for place in places)
