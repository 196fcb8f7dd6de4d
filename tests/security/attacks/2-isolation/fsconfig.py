# attack: Configures a filesystem driver.
result = reaches("fsconfig", -1, 0, 0, 0, 0)
