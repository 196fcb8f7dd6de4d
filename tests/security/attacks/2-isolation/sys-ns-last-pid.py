# attack: Chooses the number of the next process.
# without: capabilities, user-namespace
def attempt():
    with open("/proc/sys/kernel/ns_last_pid", "r+") as file:
        file.write(str(os.getpid() + 100))
result = works(attempt)
