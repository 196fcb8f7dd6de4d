# attack: Finds every object through the collector.
import gc
result = len(gc.get_objects()) > 0
