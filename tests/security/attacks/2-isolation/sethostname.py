# attack: Gives the machine another name.
result = reaches("sethostname", b"owned", 5)
