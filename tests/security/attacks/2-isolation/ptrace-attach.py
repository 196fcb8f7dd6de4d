# attack: Attaches to a child that it started, to change what it does.
# without: seccomp
pid = os.fork()
if pid == 0:
    import time
    time.sleep(30)
    os._exit(0)
result = reaches("ptrace", 16, pid, 0, 0)
os.kill(pid, 9)
