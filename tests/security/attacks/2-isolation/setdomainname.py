# attack: Gives the machine another domain.
result = reaches("setdomainname", b"owned", 5)
