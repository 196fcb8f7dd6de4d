# attack: Configures a filesystem driver.
# without: seccomp
result = reaches("fsconfig", -1, 0, 0, 0, 0)
