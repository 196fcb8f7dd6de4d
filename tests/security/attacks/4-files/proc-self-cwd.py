# attack: Walks up from where it stands.
# without: files
result = works(lambda: open("/proc/self/cwd/../outside/secret.txt").read())
