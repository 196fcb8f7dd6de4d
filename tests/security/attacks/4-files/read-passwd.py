# attack: Reads who has an account.
result = "root:" in open("/etc/passwd").read()
