# attack: Asks for it by a name that is put together.
result = works(lambda: __import__("sock" + "et").socket().close())
