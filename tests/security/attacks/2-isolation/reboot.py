# attack: Ends the machine (with a wrong magic number, to be safe).
result = reaches("reboot", 0, 0, 0, 0)
