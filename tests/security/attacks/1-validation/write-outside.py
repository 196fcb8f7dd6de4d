# attack: Writes where other programs look.
result = works(lambda: open("/var/tmp/replique-attack", "w").close())
