# attack: Watches all that runs after it.
import sys
sys.settrace(lambda *_: None)
result = True
sys.settrace(None)
