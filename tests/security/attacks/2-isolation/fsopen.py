# attack: Opens a filesystem driver.
result = reaches("fsopen", b"tmpfs", 0)
