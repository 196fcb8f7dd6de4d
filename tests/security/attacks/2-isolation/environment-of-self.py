# attack: Finds it in what it was started with.
# kind: session
result = b"secret-of-the-host" in open("/proc/self/environ", "rb").read()
