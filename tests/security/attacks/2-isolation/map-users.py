# attack: Maps its user to the machine's root.
# without: seccomp, capabilities, user-namespace
def attempt():
    libc.unshare(0x10000000)
    with open("/proc/self/uid_map", "w") as file:
        file.write("0 0 1")
result = child(lambda: attempt() is None)
