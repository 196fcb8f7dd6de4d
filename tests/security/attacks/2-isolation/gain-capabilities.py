# attack: Has capabilities, or gets some.
# without: capabilities
status = open("/proc/self/status").read()
result = int(status.split("CapEff:")[1].split()[0], 16) != 0
