# attack: Reaches any class from a plain value.
result = len(().__class__.__base__.__subclasses__()) > 0
