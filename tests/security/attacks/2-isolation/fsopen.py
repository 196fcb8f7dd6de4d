# attack: Opens a filesystem driver.
# without: seccomp, capabilities, user-namespace
result = reaches("fsopen", b"tmpfs", 0)
