# attack: Sees a way out: a device that is not the loopback.
# without: network
result = any(line.split(":")[0].strip() != "lo" for line in open("/proc/net/dev").readlines()[2:])
