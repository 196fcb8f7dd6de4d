"""When a block has ended that another Jupyter kernel runs."""

import time

# How long the idle that follows a reply is waited for.
IDLE_SECONDS = 1
# Some kernels (Deno) say that they are idle before all that they have to show is on its way: how long it has to be quiet,
# and how long once something has come that late; and how long in all.
QUIET_SECONDS, LATE_QUIET_SECONDS, LATE_SECONDS = 0.01, 0.25, 10


class Run:
    """The code that runs: the host's name of it and the kernel's."""

    def __init__(self, head, message):
        self.id = head["id"]
        self.message = message
        self.can_ask = head["stdin"]
        self.error = None
        # An error that only the reply tells of; it may come before that which shows it.
        self.refusal = None
        self.is_replied = False
        self.is_idle = False
        self.due = self.deadline = None

    def heard(self):
        """Something came. Reply and idle may in any order, and outputs after them."""
        if not self.is_replied:
            return
        now = time.monotonic()
        if not self.is_idle:
            self.due = now + IDLE_SECONDS
        elif self.deadline is None:
            self.deadline, self.due = now + LATE_SECONDS, now + QUIET_SECONDS
        else:
            self.due = min(self.deadline, now + LATE_QUIET_SECONDS)

    def left(self):
        """Seconds to wait for what may still come; None while it runs."""
        return None if self.due is None else max(0, self.due - time.monotonic())
