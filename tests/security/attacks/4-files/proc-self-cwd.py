# attack: Walks up from where it stands.
result = works(lambda: open("/proc/self/cwd/../outside/secret.txt").read())
