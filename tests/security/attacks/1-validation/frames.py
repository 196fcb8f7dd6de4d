# attack: Reads the frames of the interpreter that runs it.
import sys
result = sys._getframe().f_back is not None or True
