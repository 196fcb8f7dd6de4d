# attack: Has the machine forward packets.
# without: capabilities, user-namespace
result = works(lambda: os.close(os.open("/proc/sys/net/ipv4/ip_forward", os.O_WRONLY)))
